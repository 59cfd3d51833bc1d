namespace Bellman.Neural;

/// <summary>Draws initial weights. Each parameter has a stream of its own name, so parts do not disturb each other.</summary>
internal static class WeightInitializer
{
    public static void Initialize(string name, MlpSpecification mlp, ParameterBuffer parameters, RandomStream random)
    {
        var layers = MlpLayout.Layers(name, mlp, parameters);
        for (var index = 0; index < layers.Length; index++)
        {
            var layer = layers[index];
            var weight = parameters.Block.AsSpan(layer.Weight, layer.Outputs * layer.Inputs);
            var bias = parameters.Block.AsSpan(layer.Bias, layer.Outputs);
            var stream = random.Child($"{name}.{index}");
            if (mlp.Initialization == Initialization.Orthogonal)
            {
                var gain = index + 1 < layers.Length ? mlp.HiddenGain : mlp.OutputGain;
                Orthogonal(weight, layer.Outputs, layer.Inputs, gain, stream);
            }
            else if (mlp.Initialization == Initialization.TruncatedNormal)
            {
                var deviation = 1 / (2 * Math.Sqrt(layer.Inputs));
                foreach (ref var value in weight) { value = (float)(deviation * WithinTwo(stream)); }
            }
            else
            {
                // U(-1/sqrt(fan-in), 1/sqrt(fan-in))
                var bound = 1 / Math.Sqrt(layer.Inputs);
                foreach (ref var value in weight) { value = (float)stream.NextUniform(-bound, bound); }
                foreach (ref var value in bias) { value = (float)stream.NextUniform(-bound, bound); }
            }
            var last = index + 1 == layers.Length;
            if (!last && mlp.HiddenBias is { } start) { bias.Fill(start); }
            if (last && mlp.OutputRange is { } range)
            {
                foreach (ref var value in weight) { value = (float)stream.NextUniform(-range, range); }
                foreach (ref var value in bias) { value = (float)stream.NextUniform(-range, range); }
            }
            if (layer.HasNorm) { parameters.Block.AsSpan(layer.NormWeight, layer.Outputs).Fill(1); }
        }
    }

    private static double WithinTwo(RandomStream random)
    {
        double draw;
        do { draw = random.NextGaussian(); } while (Math.Abs(draw) > 2);
        return draw;
    }

    /// <summary>A random semi-orthogonal matrix: Gram-Schmidt on Gaussian vectors along the shorter side.</summary>
    public static void Orthogonal(Span<float> weight, int rows, int columns, float gain, RandomStream random)
    {
        var count = Math.Min(rows, columns);
        var length = Math.Max(rows, columns);
        var basis = new double[count][];
        for (var i = 0; i < count; i++)
        {
            var vector = basis[i] = new double[length];
            for (var k = 0; k < length; k++) { vector[k] = random.NextGaussian(); }
            // Twice: one pass leaves a residue when the drawn vector is nearly dependent on the ones before.
            for (var pass = 0; pass < 2; pass++)
            {
                for (var j = 0; j < i; j++)
                {
                    var projection = Dot(vector, basis[j]);
                    for (var k = 0; k < length; k++) { vector[k] -= projection * basis[j][k]; }
                }
                var norm = Math.Sqrt(Dot(vector, vector));
                for (var k = 0; k < length; k++) { vector[k] /= norm; }
            }
        }
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                weight[row * columns + column] = gain * (float)(rows <= columns ? basis[row][column] : basis[column][row]);
            }
        }
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var k = 0; k < a.Length; k++) { sum += a[k] * b[k]; }
        return sum;
    }
}
