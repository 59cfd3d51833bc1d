using static TorchSharp.torch;

namespace Bellman.Neural;

/// <summary>An MLP in torch operations over the parameters of an <see cref="MlpPart"/>, with ELU between its layers (as Dreamer has it) whatever the part names.</summary>
public sealed class TensorMlp
{
    private readonly (Tensor Weight, Tensor Bias)[] layers;

    /// <summary>The MLP of <paramref name="part"/> over <paramref name="parameters"/>.</summary>
    public TensorMlp(TensorParameters parameters, MlpPart part) =>
        layers = [.. Enumerable.Range(0, part.Mlp.Hidden.Count + 1).Select(i => (parameters[$"{part.Name}.{i}.weight"], parameters[$"{part.Name}.{i}.bias"]))];

    /// <summary>[..., inputs] to [..., outputs].</summary>
    public Tensor Forward(Tensor x)
    {
        for (var i = 0; i < layers.Length; i++)
        {
            x = nn.functional.linear(x, layers[i].Weight, layers[i].Bias);
            if (i < layers.Length - 1) { x = nn.functional.elu(x, 1.0); }
        }
        return x;
    }
}

/// <summary>A gated recurrent unit in torch operations over the parameters of a <see cref="RecurrentPart"/>: the equations of our kernels' GRU.</summary>
public sealed class TensorGru
{
    private readonly Tensor inputWeight;
    private readonly Tensor inputBias;
    private readonly Tensor hiddenWeight;
    private readonly Tensor hiddenBias;

    /// <summary>The unit of <paramref name="part"/> over <paramref name="parameters"/>.</summary>
    /// <exception cref="UsageException">The part is an LSTM.</exception>
    public TensorGru(TensorParameters parameters, RecurrentPart part)
    {
        if (part.Cell != RecurrentCell.Gru) { throw new UsageException($"'{part.Name}' is an {part.Cell}; this layer computes a GRU."); }
        (inputWeight, inputBias) = (parameters[$"{part.Name}.input.weight"], parameters[$"{part.Name}.input.bias"]);
        (hiddenWeight, hiddenBias) = (parameters[$"{part.Name}.hidden.weight"], parameters[$"{part.Name}.hidden.bias"]);
    }

    /// <summary>What inputs [..., inputs] add to the gates [..., 3 size], which does not depend on the state: one product for many steps.</summary>
    public Tensor Inputs(Tensor x) => nn.functional.linear(x, inputWeight, inputBias);

    /// <summary>The state after h [rows, size], given the inputs' part of the gates.</summary>
    public Tensor Step(Tensor inputs, Tensor h)
    {
        // r, u = sigmoid(x W + h U + b);  n = tanh(x W_n + b_n + r (h U_n + d_n));  h' = n + u (h - n)
        var x = inputs.chunk(3, -1);
        var y = nn.functional.linear(h, hiddenWeight, hiddenBias).chunk(3, -1);
        var candidate = (x[2] + (x[0] + y[0]).sigmoid() * y[2]).tanh();
        return candidate + (x[1] + y[1]).sigmoid() * (h - candidate);
    }
}
