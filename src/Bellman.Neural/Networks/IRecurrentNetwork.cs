namespace Bellman.Neural;

/// <summary>
/// Sequences side by side, [time, sequences]: row t * Count + i is step t of sequence i.
/// </summary>
/// <param name="count">Sequences.</param>
/// <param name="begins">[time, sequences]: the step is the first of its episode, so memory is zero before it; empty if none is.</param>
/// <param name="memory">[sequences, memory size]: what is remembered before the first step.</param>
public readonly ref struct Sequences(int count, ReadOnlySpan<bool> begins, ReadOnlySpan<float> memory)
{
    /// <summary>Sequences.</summary>
    public int Count { get; } = count;

    /// <summary>[time, sequences]: the step is the first of its episode; empty if none is.</summary>
    public ReadOnlySpan<bool> Begins { get; } = begins;

    /// <summary>[sequences, memory size]: what is remembered before the first step.</summary>
    public ReadOnlySpan<float> Memory { get; } = memory;
}

/// <summary>
/// A network that remembers. As an <see cref="INetwork"/> every row is the first step of an episode: memory is zero before it.
/// </summary>
public interface IRecurrentNetwork : INetwork
{
    /// <summary>Numbers remembered from one step to the next; all zero when an episode begins.</summary>
    int MemorySize { get; }

    /// <summary>One step of each row: reads and replaces its <paramref name="memory"/>. Keeps nothing for training.</summary>
    /// <param name="inputs">[batch, Inputs].</param>
    /// <param name="batch">Rows.</param>
    /// <param name="memory">[batch, MemorySize].</param>
    /// <param name="outputs">[batch, Outputs].</param>
    void Step(ReadOnlySpan<float> inputs, int batch, Span<float> memory, Span<float> outputs);

    /// <summary>
    /// Runs whole sequences and keeps what <see cref="INetwork.Backward"/> needs, which is then called with all rows
    /// and carries gradients through time, not past the beginnings of episodes nor into <see cref="Sequences.Memory"/>.
    /// </summary>
    /// <param name="inputs">[time, sequences, Inputs].</param>
    /// <param name="rows">time x sequences.</param>
    /// <param name="sequences">How the rows belong together.</param>
    /// <param name="outputs">[time, sequences, Outputs].</param>
    void ForwardSequences(ReadOnlySpan<float> inputs, int rows, Sequences sequences, Span<float> outputs);
}
