namespace Bellman;

/// <summary>Steps copies of a single environment, on one thread or on a few.</summary>
public sealed class SynchronousVectorEnvironment : VectorEnvironment
{
    private readonly IEnvironment[] copies;
    private readonly RandomStream[] streams;
    private readonly IActionMask?[] masks;
    private readonly int threads;
    private readonly Action<int>? stepRange;

    /// <summary>Makes <paramref name="count"/> copies with <paramref name="create"/>.</summary>
    public SynchronousVectorEnvironment(Func<IEnvironment> create, int count, int threads = 1)
        : this(Enumerable.Range(0, count).Select(_ => create()).ToArray(), threads) { }

    private SynchronousVectorEnvironment(IEnvironment[] copies, int threads)
        : base(copies.Length > 0 ? copies[0].ObservationSpace : new Discrete(1), copies.Length > 0 ? copies[0].ActionSpace : new Discrete(1), copies.Length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.copies = copies;
        this.threads = Math.Min(threads, copies.Length);
        streams = new RandomStream[copies.Length];
        masks = copies.Select(copy => copy.Find<IActionMask>()).ToArray();
        SeedStreams(RandomStream.Create(0));
        if (this.threads > 1) { stepRange = StepRange; }
    }

    /// <summary>The copies, in order.</summary>
    public IReadOnlyList<IEnvironment> Copies => copies;

    /// <inheritdoc/>
    public override IGoalEnvironment? Goals => copies[0].Find<IGoalEnvironment>();

    /// <inheritdoc/>
    protected override void ResetAll(RandomStream random)
    {
        SeedStreams(random);
        for (var i = 0; i < Count; i++) { copies[i].Reset(streams[i], Observation(i)); }
    }

    /// <inheritdoc/>
    public override void Step()
    {
        if (stepRange is null) { StepRange(0); } else { InParallel(threads, stepRange); }
    }

    /// <inheritdoc/>
    public override bool WriteActionMasks(Span<bool> available)
    {
        if (masks[0] is null) { return false; }
        var size = ActionSpace.FlatSize;
        for (var i = 0; i < Count; i++) { masks[i]?.WriteActionMask(available.Slice(i * size, size)); }
        return true;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        base.Exchange(state);
        for (var i = 0; i < Count; i++)
        {
            state.Part($"copy{i}", copies[i]);
            state.Part($"stream{i}", streams[i]);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var copy in copies) { copy.Find<IDisposable>()?.Dispose(); }
        base.Dispose(disposing);
    }

    private void StepRange(int thread)
    {
        var (first, end) = ((int)((long)Count * thread / threads), (int)((long)Count * (thread + 1) / threads));
        for (var i = first; i < end; i++)
        {
            var result = copies[i].Step(Action(i), streams[i], Observation(i));
            Record(i, result.Reward, result.Terminated, result.Truncated);
            if (result.Done)
            {
                Observation(i).CopyTo(FinalObservation(i));
                copies[i].Reset(streams[i], Observation(i));
            }
        }
    }

    private void SeedStreams(RandomStream random)
    {
        for (var i = 0; i < streams.Length; i++) { streams[i] = random.Child("environment", i); }
    }
}
