using System.Numerics;
using System.Runtime.InteropServices;

namespace Bellman.Neural;

/// <summary>
/// How many neurons of a network hardly answer to anything (Sokar et al. 2023): for every dense layer, a_j = the mean over a batch of |u_j|, u
/// before norm and activation; neuron j is dormant when a_j &lt; threshold x the layer's mean of a.
/// </summary>
public sealed class DormantNeurons
{
    private readonly Dictionary<DenseKey, float[]> blocks = [];
    private int dormant;
    private int all;

    private readonly record struct DenseKey(int Depth, int Width);

    /// <summary>The usual threshold.</summary>
    public const double DefaultThreshold = 0.025;

    /// <summary>Dormant neurons of a layer with these mean answers.</summary>
    /// <param name="answers">a, [neurons].</param>
    /// <param name="threshold">Share of the layer's mean.</param>
    public static int Count(ReadOnlySpan<double> answers, double threshold)
    {
        var mean = 0.0;
        foreach (var answer in answers) { mean += answer / answers.Length; }
        var count = 0;
        foreach (var answer in answers) { count += answer < threshold * mean ? 1 : 0; }
        return count;
    }

    /// <summary>The share of dormant neurons over all dense layers. Every expert of a mixture is asked about every row, chosen or not.</summary>
    /// <param name="network">The network.</param>
    /// <param name="inputs">[rows, inputs].</param>
    /// <param name="rows">Rows of the batch, at least 1.</param>
    /// <param name="threshold">Share of a layer's mean answer below which a neuron is dormant.</param>
    public double Ratio(NetworkDescription network, ReadOnlySpan<float> inputs, int rows, double threshold = DefaultThreshold)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        (dormant, all) = (0, 0);
        Pass(network, inputs, rows, threshold, depth: 0);
        return all == 0 ? 0 : (double)dormant / all;
    }

    private ReadOnlySpan<float> Pass(NetworkDescription network, ReadOnlySpan<float> x, int rows, double threshold, int depth)
    {
        switch (network)
        {
            case DenseLayer dense:
                return Layer(dense, x, rows, threshold, depth);
            case NetworkChain chain:
                for (var i = 0; i < chain.Links.Count; i++) { x = Pass(chain.Links[i], x, rows, threshold, depth * 64 + i + 1); }
                return x;
            case MixtureOfExperts mixture:
                return Mixture(mixture, x, rows, threshold, depth);
            default:
                throw new UsageException($"Dormant neurons are counted in dense layers, chains and mixtures; this network has a {network.GetType().Name}.");
        }
    }

    private Span<float> Layer(DenseLayer dense, ReadOnlySpan<float> x, int rows, double threshold, int depth)
    {
        var outputs = Block(depth, rows * dense.Outputs);
        var answers = new double[dense.Outputs];
        var weight = dense.Weight.Span;
        var bias = dense.Bias.Span;
        for (var j = 0; j < dense.Outputs; j++)
        {
            var row = weight.Slice(j * dense.Inputs, dense.Inputs);
            for (var i = 0; i < rows; i++)
            {
                var u = Dot(x.Slice(i * dense.Inputs, dense.Inputs), row) + bias[j];
                outputs[i * dense.Outputs + j] = u;
                answers[j] += Math.Abs(u) / rows;
            }
        }
        dormant += Count(answers, threshold);
        all += dense.Outputs;
        for (var i = 0; i < rows; i++) { Finish(dense, outputs.Slice(i * dense.Outputs, dense.Outputs)); }
        return outputs;
    }

    private Span<float> Mixture(MixtureOfExperts mixture, ReadOnlySpan<float> x, int rows, double threshold, int depth)
    {
        var count = mixture.Experts.Count;
        var gates = Pass(mixture.Gate, x, rows, threshold, depth * 64 + 1);
        var (chosen, weights, p) = (new int[rows * mixture.Active], new float[rows * mixture.Active], new float[count]);
        for (var row = 0; row < rows; row++)
        {
            gates.Slice(row * count, count).CopyTo(p);
            MixtureGate.Softmax(p);
            MixtureGate.Largest(p, chosen.AsSpan(row * mixture.Active, mixture.Active), weights.AsSpan(row * mixture.Active, mixture.Active));
        }
        var width = x.Length / rows;
        var sum = Block(-1 - depth, rows * width);
        sum.Clear();
        for (var expert = 0; expert < count; expert++)
        {
            var answer = Pass(mixture.Experts[expert], x, rows, threshold, depth * 64 + 2);
            for (var row = 0; row < rows; row++)
            {
                var place = Array.IndexOf(chosen, expert, row * mixture.Active, mixture.Active);
                if (place < 0) { continue; }
                for (var c = 0; c < width; c++) { sum[row * width + c] += weights[place] * answer[row * width + c]; }
            }
        }
        if (mixture.Rectified) { foreach (ref var value in sum) { value = MathF.Max(0, value); } }
        return sum;
    }

    private static void Finish(DenseLayer dense, Span<float> row)
    {
        if (dense.Norm is { } norm)
        {
            var (mean, square) = (0.0, 0.0);
            foreach (var value in row) { (mean, square) = (mean + value, square + (double)value * value); }
            mean /= row.Length;
            var scale = 1 / Math.Sqrt(square / row.Length - mean * mean + LayerNorm.Epsilon);
            for (var j = 0; j < row.Length; j++) { row[j] = (float)((row[j] - mean) * scale) * norm.Gain.Span[j] + norm.Shift.Span[j]; }
        }
        foreach (ref var value in row)
        {
            value = dense.Activation switch
            {
                Activation.Tanh => MathF.Tanh(value),
                Activation.Relu => MathF.Max(0, value),
                Activation.Silu => value / (1 + MathF.Exp(-value)),
                _ => value,
            };
        }
    }

    /// <summary>A block for each place in the network, used again; a layer never writes where it reads.</summary>
    private Span<float> Block(int depth, int size)
    {
        var key = new DenseKey(depth, size);
        if (!blocks.TryGetValue(key, out var block)) { blocks.Add(key, block = new float[size]); }
        return block;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var x = MemoryMarshal.Cast<float, Vector<float>>(a);
        var y = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < x.Length; i++) { sums += x[i] * y[i]; }
        var sum = Vector.Sum(sums);
        for (var i = x.Length * Vector<float>.Count; i < a.Length; i++) { sum += a[i] * b[i]; }
        return sum;
    }
}
