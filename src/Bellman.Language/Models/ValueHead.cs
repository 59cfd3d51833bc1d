using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>A linear read-out of hidden states: v = w h + b, one number a token, for critics and reward models.</summary>
public sealed class ValueHead : IStateful, IDisposable
{
    private readonly Tensor weight;
    private readonly Tensor bias;

    /// <summary>A head that reads zeros until it is trained.</summary>
    /// <param name="model">Whose hidden states it reads.</param>
    /// <exception cref="UsageException">The model has no hidden states.</exception>
    public ValueHead(ILanguageModel model)
    {
        if (model.HiddenSize == 0) { throw new UsageException("A value head reads hidden states and this model has none. Use a transformer."); }
        var device = model.Trainable.Count > 0 ? model.Trainable[0].Value.device : CPU;
        weight = zeros([1, model.HiddenSize], ScalarType.Float32, device).requires_grad_().DetachFromDisposeScope();
        bias = zeros([1], ScalarType.Float32, device).requires_grad_().DetachFromDisposeScope();
    }

    /// <summary>Its tensors.</summary>
    public IReadOnlyList<NamedTensor> Trainable => [new("value_head.weight", weight), new("value_head.bias", bias)];

    /// <summary>Values of hidden states: [rows, length, hidden] gives [rows, length].</summary>
    public Tensor Values(Tensor hidden) => nn.functional.linear(hidden.to(weight.device), weight, bias).squeeze(-1);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        foreach (var (name, tensor) in Trainable) { TensorState.Exchange(state, name, tensor); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        weight.Dispose();
        bias.Dispose();
    }
}
