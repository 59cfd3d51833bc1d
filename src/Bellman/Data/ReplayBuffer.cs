namespace Bellman;

/// <summary>
/// The last <see cref="Capacity"/> transitions (s, a, r, s', terminated), each field in one contiguous block. The next
/// observation is the true one that followed, also where the episode was truncated and its environment reset. A row may
/// span several steps: r is then their discounted sum and s' what followed the last.
/// </summary>
public sealed class ReplayBuffer : IStateful
{
    private int next;
    private int count;

    /// <summary>Allocates room for <paramref name="capacity"/> transitions.</summary>
    public ReplayBuffer(int capacity, int observationSize, int actionSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        ObservationSize = observationSize;
        ActionSize = actionSize;
        Observations = new float[capacity * observationSize];
        NextObservations = new float[capacity * observationSize];
        Actions = new float[capacity * actionSize];
        Rewards = new float[capacity];
        Terminated = new bool[capacity];
        Steps = new int[capacity];
    }

    /// <summary>A buffer that is full of a data set, whose blocks it takes without a copy.</summary>
    /// <param name="data">The transitions.</param>
    /// <param name="actions">[count, action size]: its actions as the learner reads them.</param>
    /// <param name="rewards">[count]: its rewards as the learner reads them.</param>
    internal ReplayBuffer(OfflineDataset data, float[] actions, float[] rewards)
    {
        (Capacity, count) = (data.Count, data.Count);
        ObservationSize = data.ObservationSize;
        ActionSize = actions.Length / data.Count;
        (Observations, NextObservations, Actions, Rewards, Terminated) = (data.Observations, data.NextObservations, actions, rewards, data.Terminated);
        Steps = new int[data.Count];
        Array.Fill(Steps, 1);
    }

    /// <summary>Most transitions it holds.</summary>
    public int Capacity { get; }

    /// <summary>Transitions it holds now.</summary>
    public int Count => count;

    /// <summary>Floats of an observation.</summary>
    public int ObservationSize { get; }

    /// <summary>Floats of an action.</summary>
    public int ActionSize { get; }

    /// <summary>[capacity, observation size].</summary>
    public float[] Observations { get; }

    /// <summary>[capacity, observation size].</summary>
    public float[] NextObservations { get; }

    /// <summary>[capacity, action size].</summary>
    public float[] Actions { get; }

    /// <summary>[capacity].</summary>
    public float[] Rewards { get; }

    /// <summary>[capacity].</summary>
    public bool[] Terminated { get; }

    /// <summary>[capacity]: environment steps from s to s', k: its value is discounted by gamma^k.</summary>
    public int[] Steps { get; }

    /// <summary>Stores a transition over the oldest one and returns its row.</summary>
    public int Add(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, ReadOnlySpan<float> nextObservation, bool terminated, int steps = 1)
    {
        var row = next;
        observation.CopyTo(Observations.AsSpan(row * ObservationSize, ObservationSize));
        nextObservation.CopyTo(NextObservations.AsSpan(row * ObservationSize, ObservationSize));
        action.CopyTo(Actions.AsSpan(row * ActionSize, ActionSize));
        Rewards[row] = reward;
        Terminated[row] = terminated;
        Steps[row] = steps;
        next = (next + 1) % Capacity;
        count = Math.Min(count + 1, Capacity);
        return row;
    }

    /// <summary>Copies the given rows of a block side by side into <paramref name="batch"/>.</summary>
    public static void Gather(float[] block, int size, ReadOnlySpan<int> rows, Span<float> batch)
    {
        for (var i = 0; i < rows.Length; i++) { block.AsSpan(rows[i] * size, size).CopyTo(batch[(i * size)..]); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(next), ref next);
        state.Value(nameof(count), ref count);
        Rows(state, "observations", Observations, count * ObservationSize);
        Rows(state, "nextObservations", NextObservations, count * ObservationSize);
        Rows(state, "actions", Actions, count * ActionSize);
        Rows(state, "rewards", Rewards, count);
        Rows(state, "terminated", Terminated, count);
        Rows(state, "steps", Steps, count);
    }

    /// <summary>Only the rows in use travel: an early checkpoint of a large buffer is small.</summary>
    private void Rows<T>(StateExchange state, string name, T[] block, int used) where T : unmanaged
    {
        var rows = state.IsLoading ? [] : block[..used];
        state.List(name, ref rows);
        if (!state.IsLoading) { return; }
        if (rows.Length > block.Length)
        {
            throw new BellmanException($"The saved replay holds more than the {Capacity} transitions of this buffer. Load it with the bufferSize it was saved with.");
        }
        rows.CopyTo(block, 0);
    }
}

/// <summary>Decides which transitions of a <see cref="ReplayBuffer"/> a batch consists of.</summary>
public interface IReplaySampler : IStateful
{
    /// <summary>Hears of a stored row.</summary>
    void Added(int row);

    /// <summary>Draws a row for each of <paramref name="rows"/> and the weight its loss is multiplied with.</summary>
    void Sample(int count, RandomStream random, Span<int> rows, Span<float> weights);

    /// <summary>Hears of the temporal-difference errors of a batch it drew.</summary>
    void Update(ReadOnlySpan<int> rows, ReadOnlySpan<float> temporalDifferences);
}

/// <summary>Every stored transition is equally likely, with replacement; all weights are 1.</summary>
public sealed class UniformSampler : IReplaySampler
{
    /// <inheritdoc/>
    public void Added(int row) { }

    /// <inheritdoc/>
    public void Sample(int count, RandomStream random, Span<int> rows, Span<float> weights)
    {
        for (var i = 0; i < rows.Length; i++) { rows[i] = random.NextInt32(count); }
        weights.Fill(1);
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<int> rows, ReadOnlySpan<float> temporalDifferences) { }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) { }
}
