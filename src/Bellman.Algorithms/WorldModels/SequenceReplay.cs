namespace Bellman.Algorithms;

/// <summary>The last steps of each copy in the order they happened, from which sequences are drawn. Episodes lie one after another; a sequence may cross from one to the next.</summary>
public sealed class SequenceReplay : IStateful
{
    private readonly int copies;
    private readonly int room;
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly float[] observations;
    private readonly float[] actions;
    // [steps, 4]: reward, terminated, begins, log-probability.
    private readonly float[] marks;
    private readonly int[] next;
    private readonly int[] count;

    /// <summary>Room for <paramref name="capacity"/> steps over all copies.</summary>
    public SequenceReplay(int capacity, int copies, int observationSize, int actionSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(copies, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2 * copies);
        (this.copies, this.observationSize, this.actionSize) = (copies, observationSize, actionSize);
        room = capacity / copies;
        observations = new float[copies * room * observationSize];
        actions = new float[copies * room * actionSize];
        marks = new float[copies * room * 4];
        next = new int[copies];
        count = new int[copies];
    }

    /// <summary>Steps it holds of the copy that has fewest.</summary>
    public int Shortest => count.Min();

    /// <summary>Takes the first observation of an episode of a copy.</summary>
    public void Begin(int copy, ReadOnlySpan<float> observation)
    {
        Span<float> none = stackalloc float[0];
        Add(copy, observation, none, 0, false, begins: true, 0);
    }

    /// <summary>Takes what an action of a copy led to.</summary>
    /// <param name="copy">Which copy.</param>
    /// <param name="observation">What followed, also where the episode ended.</param>
    /// <param name="action">The action, in [-1, 1].</param>
    /// <param name="reward">Its reward.</param>
    /// <param name="terminated">Whether the task ended.</param>
    /// <param name="logProbability">Log-density with which the action was drawn.</param>
    /// <exception cref="UsageException">The observation or action has another size than those before.</exception>
    public void Add(int copy, ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, bool terminated, double logProbability)
    {
        if (action.Length != actionSize) { throw new UsageException($"An action of {action.Length} numbers was given to a replay of actions of {actionSize}."); }
        Add(copy, observation, action, reward, terminated, begins: false, logProbability);
    }

    /// <summary>Fills a batch with sequences drawn uniformly.</summary>
    /// <exception cref="InvalidOperationException">A copy has fewer steps than a sequence.</exception>
    public void Sample(SequenceBatch batch, RandomStream random)
    {
        if (Shortest < batch.Length) { throw new InvalidOperationException($"Replay holds {Shortest} steps of a copy; a sequence has {batch.Length}."); }
        for (var row = 0; row < batch.Size; row++)
        {
            var copy = random.NextInt32(copies);
            var start = (next[copy] - count[copy] + room + random.NextInt32(count[copy] - batch.Length + 1)) % room;
            for (var t = 0; t < batch.Length; t++)
            {
                var (from, to) = (copy * room + (start + t) % room, row * batch.Length + t);
                observations.AsSpan(from * observationSize, observationSize).CopyTo(batch.Observations.AsSpan(to * observationSize));
                actions.AsSpan(from * actionSize, actionSize).CopyTo(batch.Actions.AsSpan(to * actionSize));
                (batch.Rewards[to], batch.Terminated[to], batch.Begins[to], batch.LogProbabilities[to]) = (marks[4 * from], marks[4 * from + 1], marks[4 * from + 2], marks[4 * from + 3]);
            }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<float>(nameof(observations), observations);
        state.Array<float>(nameof(actions), actions);
        state.Array<float>(nameof(marks), marks);
        state.Array<int>(nameof(next), next);
        state.Array<int>(nameof(count), count);
    }

    private void Add(int copy, ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, bool terminated, bool begins, double logProbability)
    {
        if (observation.Length != observationSize)
        {
            throw new UsageException($"An observation of {observation.Length} numbers was given to a replay of observations of {observationSize}: all pictures of a world model have one size. Scale them in the environment.");
        }
        var at = copy * room + next[copy];
        observation.CopyTo(observations.AsSpan(at * observationSize));
        if (begins) { actions.AsSpan(at * actionSize, actionSize).Clear(); } else { action.CopyTo(actions.AsSpan(at * actionSize)); }
        (marks[4 * at], marks[4 * at + 1], marks[4 * at + 2], marks[4 * at + 3]) = (reward, terminated ? 1 : 0, begins ? 1 : 0, (float)logProbability);
        next[copy] = (next[copy] + 1) % room;
        count[copy] = Math.Min(count[copy] + 1, room);
    }
}
