using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>A critic with a trunk of its own, a copy of the policy, and a linear head on its hidden states.</summary>
public sealed class HiddenStateCritic : ICritic
{
    private readonly ILanguageModel trunk;
    private readonly ValueHead head;

    /// <summary>A critic that begins as a copy of <paramref name="policy"/> and predicts 0.</summary>
    /// <exception cref="UsageException">The policy has no hidden states.</exception>
    public HiddenStateCritic(ILanguageModel policy)
    {
        head = new ValueHead(policy);
        trunk = policy.Copy();
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trainable => [.. trunk.Trainable, .. head.Trainable];

    /// <inheritdoc/>
    public Tensor Values(TokenBatch batch)
    {
        // No scope of its own: the backward pass still looks at the outputs that nobody used.
        var hidden = trunk.Score(batch, 1, ScoreOutputs.Hidden).Hidden ?? throw new InvalidOperationException("The trunk gave no hidden states.");
        var values = head.Values(hidden);
        return Reductions.Select(values, tensor(batch.Mask, [batch.Rows, batch.Length]).to(values.device));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("trunk", trunk);
        state.Part("head", head);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        head.Dispose();
        trunk.Dispose();
    }
}
