using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Predicts what a response will be paid from each of its prefixes.</summary>
public interface ICritic : IStateful, IDisposable
{
    /// <summary>What an optimiser may change.</summary>
    IReadOnlyList<NamedTensor> Trainable { get; }

    /// <summary>V [rows, length]: column t is the value before token t is chosen; 0 outside the mask.</summary>
    Tensor Values(TokenBatch batch);
}

/// <summary>A value for each prompt and prefix of a <see cref="TabularLanguageModel"/>.</summary>
public sealed class TabularCritic : ICritic
{
    private readonly TabularLanguageModel model;
    private readonly float[] memory;
    private readonly Tensor values;

    /// <summary>A critic of zeros.</summary>
    public TabularCritic(TabularLanguageModel model)
    {
        this.model = model;
        memory = GC.AllocateArray<float>(model.Shape.Prompts * model.Shape.Prefixes, pinned: true);
        using var scope = NewDisposeScope();
        values = frombuffer(memory, ScalarType.Float32).requires_grad_().DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trainable => [new("values", values)];

    /// <inheritdoc/>
    public Tensor Values(TokenBatch batch)
    {
        using var scope = NewDisposeScope();
        var (rows, positions, _) = model.Places(batch);
        if (rows.Length == 0) { return zeros(batch.Rows, batch.Length).MoveToOuterDisposeScope(); }
        var spread = zeros(batch.Rows * batch.Length).index_copy(0, tensor(positions), values.index_select(0, tensor(rows)));
        return spread.view(batch.Rows, batch.Length).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Array<float>("values", memory);

    /// <inheritdoc/>
    public void Dispose() => values.Dispose();
}
