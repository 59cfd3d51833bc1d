namespace Bellman.Neural;

/// <summary>
/// The gradient g of an MLP's only output with respect to its inputs, and how a function of g changes with the parameters: the
/// second-order gradients of losses on g, exactly, without a graph. Reads and writes the flat buffer of the network itself.
/// </summary>
/// <remarks>
/// With z = W h + b and h' = f(z), g is backpropagated as usual. For a direction v, v·g is the derivative of the output along v:
/// ḣ₀ = v, ż = W ḣ, ḣ' = f'(z) ż. Its gradient in W is δ ḣᵀ + ζ hᵀ, where δ is the usual ∂Q/∂z and ζ = f''(z) ż ∂Q/∂h' plus what comes
/// back through f'(z); for ReLU ζ is zero.
/// </remarks>
public sealed class MlpInputGradients
{
    private readonly MlpSpecification mlp;
    private readonly ParameterBuffer parameters;
    private readonly DenseLayout[] layers;
    private readonly float[][] hidden;      // h below each layer, [batch, inputs of the layer]
    private readonly float[][] slopes;      // f'(z) of each hidden layer
    private readonly float[][] curvatures;  // f''(z)
    private readonly float[][] outer;       // ∂Q/∂h' of each hidden layer
    private readonly float[][] tangents;    // ḣ below each layer, of one row
    private readonly float[][] rates;       // ż of each hidden layer, of one row
    private readonly float[] scratch;
    private readonly float[] carried;
    private int rows;

    /// <summary>Of the network that the part of this name and shape has in <paramref name="parameters"/>.</summary>
    /// <exception cref="ArgumentException">It has layer norms or several outputs.</exception>
    public MlpInputGradients(string name, MlpSpecification mlp, ParameterBuffer parameters)
    {
        if (mlp.LayerNorm || mlp.Outputs != 1 || mlp.OutputActivation != Activation.Identity)
        {
            throw new ArgumentException("Gradients of input gradients are for networks of one linear output without layer norm.", nameof(mlp));
        }
        (this.mlp, this.parameters) = (mlp, parameters);
        layers = MlpLayout.Layers(name, mlp, parameters);
        hidden = new float[layers.Length][];
        slopes = new float[layers.Length][];
        curvatures = new float[layers.Length][];
        outer = new float[layers.Length][];
        tangents = [.. layers.Select(layer => new float[layer.Inputs])];
        rates = [.. layers.Select(layer => new float[layer.Outputs])];
        scratch = new float[mlp.LargestWidth];
        carried = new float[mlp.LargestWidth];
    }

    /// <summary>Writes g, [batch, inputs], and keeps what <see cref="AddParameterGradients"/> needs.</summary>
    public void Compute(ReadOnlySpan<float> inputs, int batch, Span<float> gradients)
    {
        Reserve(batch);
        inputs.CopyTo(hidden[0]);
        for (var row = 0; row < batch; row++)
        {
            Forward(row);
            Backward(row, gradients.Slice(row * mlp.Inputs, mlp.Inputs));
        }
        rows = batch;
    }

    /// <summary>Adds the gradient of Σ over rows of v·g, v held fixed, to the parameters' gradients.</summary>
    /// <param name="directions">v, [batch, inputs] for the rows of the last <see cref="Compute"/>.</param>
    public void AddParameterGradients(ReadOnlySpan<float> directions)
    {
        for (var row = 0; row < rows; row++)
        {
            ForwardTangent(row, directions.Slice(row * mlp.Inputs, mlp.Inputs));
            BackwardTangent(row);
        }
    }

    private void Reserve(int batch)
    {
        if (hidden[0] is { } kept && kept.Length >= batch * mlp.Inputs) { return; }
        for (var l = 0; l < layers.Length; l++)
        {
            hidden[l] = new float[batch * layers[l].Inputs];
            slopes[l] = new float[batch * layers[l].Outputs];
            curvatures[l] = new float[batch * layers[l].Outputs];
            outer[l] = new float[batch * layers[l].Outputs];
        }
    }

    private void Forward(int row)
    {
        for (var l = 0; l + 1 < layers.Length; l++)
        {
            var below = Row(hidden[l], layers[l].Inputs, row);
            var above = Row(hidden[l + 1], layers[l].Outputs, row);
            var slope = Row(slopes[l], layers[l].Outputs, row);
            var curvature = Row(curvatures[l], layers[l].Outputs, row);
            for (var o = 0; o < above.Length; o++)
            {
                var z = VectorRows.Dot(Weights(l, o), below) + parameters.Block[layers[l].Bias + o];
                (above[o], slope[o], curvature[o]) = Evaluate(layers[l].Activation, z);
            }
        }
    }

    private void Backward(int row, Span<float> gradient)
    {
        var last = layers.Length - 1;
        Row(outer[last], 1, row)[0] = 1;
        for (var l = last; l >= 0; l--)
        {
            var from = Row(outer[l], layers[l].Outputs, row);
            var below = l > 0 ? Row(outer[l - 1], layers[l].Inputs, row) : gradient;
            below.Clear();
            var slope = Row(slopes[l], layers[l].Outputs, row);
            for (var o = 0; o < from.Length; o++)
            {
                var delta = l == last ? from[o] : from[o] * slope[o];
                if (delta != 0) { VectorRows.Add(delta, Weights(l, o), below); }
            }
        }
    }

    private void ForwardTangent(int row, ReadOnlySpan<float> direction)
    {
        direction.CopyTo(tangents[0]);
        for (var l = 0; l + 1 < layers.Length; l++)
        {
            var slope = Row(slopes[l], layers[l].Outputs, row);
            var smooth = layers[l].Activation != Activation.Relu;
            for (var o = 0; o < slope.Length; o++)
            {
                var rate = slope[o] != 0 || smooth ? VectorRows.Dot(Weights(l, o), tangents[l]) : 0;
                (rates[l][o], tangents[l + 1][o]) = (rate, slope[o] * rate);
            }
        }
    }

    private void BackwardTangent(int row)
    {
        var last = layers.Length - 1;
        var above = carried.AsSpan(0, layers[last].Outputs);
        above.Clear();
        for (var l = last; l >= 0; l--)
        {
            var from = Row(outer[l], layers[l].Outputs, row);
            var slope = Row(slopes[l], layers[l].Outputs, row);
            var curvature = Row(curvatures[l], layers[l].Outputs, row);
            var below = scratch.AsSpan(0, layers[l].Inputs);
            below.Clear();
            for (var o = 0; o < from.Length; o++)
            {
                var delta = l == last ? from[o] : from[o] * slope[o];
                // ζ = f'' ż ∂Q/∂h' + f' × what came back
                var zeta = l == last ? 0 : curvature[o] * rates[l][o] * from[o] + slope[o] * above[o];
                var gradient = parameters.Gradients.AsSpan(layers[l].Weight + o * layers[l].Inputs, layers[l].Inputs);
                if (delta != 0) { VectorRows.Add(delta, tangents[l], gradient); }
                if (zeta == 0) { continue; }
                VectorRows.Add(zeta, Row(hidden[l], layers[l].Inputs, row), gradient);
                parameters.Gradients[layers[l].Bias + o] += zeta;
                VectorRows.Add(zeta, Weights(l, o), below);
            }
            if (l == 0) { continue; }
            above = carried.AsSpan(0, layers[l].Inputs);
            below.CopyTo(above);
        }
    }

    private ReadOnlySpan<float> Weights(int layer, int output) => parameters.Block.AsSpan(layers[layer].Weight + output * layers[layer].Inputs, layers[layer].Inputs);

    private static Span<float> Row(float[] block, int width, int row) => block.AsSpan(row * width, width);

    private static (float Value, float Slope, float Curvature) Evaluate(Activation activation, float z)
    {
        switch (activation)
        {
            case Activation.Relu: return z > 0 ? (z, 1, 0) : (0, 0, 0);
            case Activation.Tanh:
                var tanh = MathF.Tanh(z);
                return (tanh, 1 - tanh * tanh, -2 * tanh * (1 - tanh * tanh));
            case Activation.Silu:
                var sigmoid = 1 / (1 + MathF.Exp(-z));
                var change = sigmoid * (1 - sigmoid);
                return (z * sigmoid, sigmoid + z * change, change * (2 + z * (1 - 2 * sigmoid)));
            default: return (z, 1, 0);
        }
    }
}
