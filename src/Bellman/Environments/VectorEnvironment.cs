namespace Bellman;

/// <summary>
/// N copies of an environment that step together over contiguous memory. A copy whose episode ends is reset in the same
/// step: <see cref="Observations"/> then holds the first observation of its next episode, and
/// <see cref="FinalObservations"/> the last one of the episode that ended.
/// </summary>
/// <remarks>
/// Copy i draws only from the child stream ("environment", i), so results depend neither on the number of threads nor
/// on how many other copies there are. Buffers are pinned: a tensor can wrap them without a copy.
/// </remarks>
public abstract class VectorEnvironment : IStateful, IDisposable
{
    private readonly double[] runningReturns;
    private readonly int[] runningLengths;

    /// <summary>Allocates the buffers.</summary>
    protected VectorEnvironment(Space observationSpace, Space actionSpace, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ObservationSpace = observationSpace;
        ActionSpace = actionSpace;
        Count = count;
        Observations = GC.AllocateArray<float>(count * observationSpace.Size, pinned: true);
        FinalObservations = GC.AllocateArray<float>(count * observationSpace.Size, pinned: true);
        Actions = GC.AllocateArray<float>(count * actionSpace.Size, pinned: true);
        Rewards = GC.AllocateArray<float>(count, pinned: true);
        Terminated = new bool[count];
        Truncated = new bool[count];
        EpisodeReturns = new double[count];
        EpisodeLengths = new int[count];
        runningReturns = GC.AllocateArray<double>(count, pinned: true);
        runningLengths = GC.AllocateArray<int>(count, pinned: true);
    }

    /// <summary>Space of one copy's observation.</summary>
    public Space ObservationSpace { get; }

    /// <summary>Space of one copy's action.</summary>
    public Space ActionSpace { get; }

    /// <summary>Number of copies, N.</summary>
    public int Count { get; }

    /// <summary>[N, observation size]: what each copy shows now.</summary>
    public float[] Observations { get; }

    /// <summary>[N, observation size]: the last observation of the episode, in the rows that just ended.</summary>
    public float[] FinalObservations { get; }

    /// <summary>[N, action size]: filled by the caller before <see cref="Step"/>.</summary>
    public float[] Actions { get; }

    /// <summary>[N]: rewards of the last step.</summary>
    public float[] Rewards { get; }

    /// <summary>[N]: whether the last step ended the task.</summary>
    public bool[] Terminated { get; }

    /// <summary>[N]: whether the last step was cut by a limit.</summary>
    public bool[] Truncated { get; }

    /// <summary>[N]: undiscounted return of the episode, in the rows that just ended.</summary>
    public double[] EpisodeReturns { get; }

    /// <summary>[N]: steps of the episode, in the rows that just ended.</summary>
    public int[] EpisodeLengths { get; }

    /// <summary>Resets every copy; copy i draws from <c>random.Child("environment", i)</c> from now on.</summary>
    public void Reset(RandomStream random)
    {
        Array.Clear(runningReturns);
        Array.Clear(runningLengths);
        Array.Clear(Rewards);
        Array.Clear(Terminated);
        Array.Clear(Truncated);
        ResetAll(random);
    }

    /// <summary>Fills <see cref="Actions"/> with random elements of the action space: play without a policy.</summary>
    public void SampleActions(RandomStream random)
    {
        if (ActionSpace is not Discrete { Count: var choices })
        {
            for (var copy = 0; copy < Count; copy++) { ActionSpace.Sample(random, Action(copy)); }
            return;
        }
        Span<uint> words = stackalloc uint[256];
        // Below this a product's low half would favour some choices (Lemire 2019); such words are drawn again.
        var threshold = (0u - (uint)choices) % (uint)choices;
        for (var first = 0; first < Count; first += words.Length)
        {
            var actions = Actions.AsSpan(first, Math.Min(words.Length, Count - first));
            random.Fill(words[..actions.Length]);
            for (var i = 0; i < actions.Length; i++)
            {
                var product = (ulong)words[i] * (uint)choices;
                actions[i] = (uint)product >= threshold ? (int)(product >> 32) : random.NextInt32(choices);
            }
        }
    }

    /// <summary>Takes <see cref="Actions"/> in every copy.</summary>
    public abstract void Step();

    /// <inheritdoc cref="Reset"/>
    protected abstract void ResetAll(RandomStream random);

    /// <summary>Books a step of copy <paramref name="index"/>: implementations call it once a step and copy.</summary>
    protected void Record(int index, double reward, bool terminated, bool truncated)
    {
        Rewards[index] = (float)reward;
        Terminated[index] = terminated;
        Truncated[index] = truncated;
        runningReturns[index] += reward;
        runningLengths[index]++;
        if (terminated || truncated) { RecordEnd(index); }
    }

    /// <summary>Books the end of copy <paramref name="index"/>'s episode: for implementations that book its steps themselves.</summary>
    protected void RecordEnd(int index)
    {
        EpisodeReturns[index] = runningReturns[index];
        EpisodeLengths[index] = runningLengths[index];
        runningReturns[index] = 0;
        runningLengths[index] = 0;
    }

    /// <summary>[N], pinned: undiscounted returns of the episodes so far, for implementations that book many copies at once.</summary>
    protected double[] RunningReturns => runningReturns;

    /// <summary>[N], pinned: steps of the episodes so far.</summary>
    protected int[] RunningLengths => runningLengths;

    /// <summary>Runs <paramref name="part"/>(0) to <paramref name="part"/>(<paramref name="parts"/> - 1), each on a thread of its own; a failure is thrown as it was.</summary>
    protected static void InParallel(int parts, Action<int> part)
    {
        try
        {
            Parallel.For(0, parts, part);
        }
        catch (AggregateException failures)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    /// <inheritdoc/>
    public virtual void Exchange(StateExchange state)
    {
        state.Array<float>("observations", Observations);
        state.Array<double>(nameof(runningReturns), runningReturns);
        state.Array<int>(nameof(runningLengths), runningLengths);
    }

    /// <summary>Row <paramref name="index"/> of <see cref="Observations"/>.</summary>
    public Span<float> Observation(int index) => Observations.AsSpan(index * ObservationSpace.Size, ObservationSpace.Size);

    /// <summary>Row <paramref name="index"/> of <see cref="FinalObservations"/>.</summary>
    public Span<float> FinalObservation(int index) => FinalObservations.AsSpan(index * ObservationSpace.Size, ObservationSpace.Size);

    /// <summary>Row <paramref name="index"/> of <see cref="Actions"/>.</summary>
    public Span<float> Action(int index) => Actions.AsSpan(index * ActionSpace.Size, ActionSpace.Size);

    /// <summary>Who judges goals, the same for every copy; null if the task has none.</summary>
    public virtual IGoalEnvironment? Goals => null;

    /// <summary>Writes what is available to each copy, [N, flattened action size]; false if the environment has no masks.</summary>
    public virtual bool WriteActionMasks(Span<bool> available) => false;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the copies hold.</summary>
    protected virtual void Dispose(bool disposing) { }
}
