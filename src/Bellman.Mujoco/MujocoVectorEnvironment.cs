namespace Bellman.Mujoco;

/// <summary>
/// Copies of a MuJoCo task that share one compiled model and are dealt to threads as these become free: copies in contact
/// take longer. Copy by copy it does what the single form does with the same stream, time limit and guard included, and saves
/// the same state under the same names, so that either can continue the other's run.
/// </summary>
internal sealed class MujocoVectorEnvironment : VectorEnvironment
{
    private readonly string id;
    private readonly int timeLimit;
    private readonly MujocoEnvironment[] copies;
    private readonly GuardedEnvironment[] guards;
    private readonly TimeLimit[] limits;
    private readonly RandomStream[] streams;
    private readonly int threads;
    private readonly Action<int> work;
    private int next;
    private bool running;

    /// <param name="id">For messages.</param>
    /// <param name="timeLimit">Steps after which an episode is truncated.</param>
    /// <param name="copies">The copies, at least one.</param>
    /// <param name="threads">Threads that may step them.</param>
    public MujocoVectorEnvironment(string id, int timeLimit, MujocoEnvironment[] copies, int threads)
        : base(copies[0].ObservationSpace, copies[0].ActionSpace, copies.Length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        this.id = id;
        this.timeLimit = timeLimit;
        this.copies = copies;
        this.threads = Math.Min(threads, copies.Length);
        guards = [.. copies.Select(copy => new GuardedEnvironment(copy, id))];
        limits = [.. guards.Select(guard => new TimeLimit(guard, timeLimit))];
        streams = new RandomStream[copies.Length];
        work = _ => StepThoseLeft();
        SeedStreams(RandomStream.Create(0));
    }

    /// <summary>The model of all copies.</summary>
    public MujocoModel Model => copies[0].Simulation.Model;

    /// <summary>Time steps of the simulation an action.</summary>
    public int FrameSkip => copies[0].FrameSkip;

    /// <summary>The simulation of one copy.</summary>
    public MujocoSimulation Simulation(int copy) => copies[copy].Simulation;

    /// <summary>[copies, nq]: qpos of every copy.</summary>
    public double[] AllPositions() => [.. copies.SelectMany(copy => copy.Simulation.Positions.ToArray())];

    /// <inheritdoc/>
    public override IGoalEnvironment? Goals => copies[0] as IGoalEnvironment;

    /// <inheritdoc/>
    protected override void ResetAll(RandomStream random)
    {
        SeedStreams(random);
        for (var i = 0; i < Count; i++) { copies[i].Reset(streams[i], Observation(i)); }
        running = true;
    }

    /// <inheritdoc/>
    public override void Step()
    {
        if (!running) { throw GuardedEnvironment.BeforeReset(id); }
        for (var i = 0; i < Count; i++)
        {
            if (ActionSpace.Explain(Action(i)) is { } wrong) { Correct(Action(i), wrong); }
        }
        next = 0;
        if (threads == 1) { StepThoseLeft(); } else { InParallel(threads, work); }
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        base.Exchange(state);
        for (var i = 0; i < Count; i++)
        {
            limits[i].Elapsed = RunningLengths[i];
            guards[i].Progress = (running, RunningLengths[i]);
            state.Part($"copy{i}", limits[i]);
            state.Part($"stream{i}", streams[i]);
            if (state.IsLoading) { RunningLengths[i] = limits[i].Elapsed; }
        }
        if (state.IsLoading) { running = guards.All(guard => guard.Progress.Running); }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var copy in copies) { copy.Dispose(); }
        base.Dispose(disposing);
    }

    private void StepThoseLeft()
    {
        for (int i; (i = Interlocked.Increment(ref next) - 1) < Count;) { StepCopy(i); }
    }

    private void StepCopy(int i)
    {
        var observation = Observation(i);
        var result = copies[i].Step(Action(i), streams[i], observation);
        var component = observation.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (component >= 0) { throw GuardedEnvironment.NotFinite(id, GuardedEnvironment.When(RunningLengths[i] + 1), component, observation); }
        var truncated = result.Truncated || (!result.Terminated && RunningLengths[i] + 1 >= timeLimit);
        Record(i, result.Reward, result.Terminated, truncated);
        if (!result.Terminated && !truncated) { return; }
        observation.CopyTo(FinalObservation(i));
        copies[i].Reset(streams[i], observation);
    }

    private void Correct(Span<float> action, string wrong)
    {
        Span<float> clipped = stackalloc float[action.Length];
        if (!GuardedEnvironment.TryClip(ActionSpace, action, clipped)) { throw GuardedEnvironment.OutsideActionSpace(id, action, wrong, ActionSpace); }
        clipped.CopyTo(action);
    }

    private void SeedStreams(RandomStream random)
    {
        for (var i = 0; i < streams.Length; i++) { streams[i] = random.Child("environment", i); }
    }
}
