namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// Several robots compete for several cells with macro-actions, all stepping at once. A captured cell is removed with its biomarkers;
/// the episode ends when none is left or the time is up.
/// </summary>
public sealed class ChemotaxisSwarm : IStateful
{
    private readonly Vector3D[] displacements;
    private readonly int[] capturedBefore;
    private int elapsed;

    /// <summary>A swarm of <paramref name="robots"/> after <paramref name="cells"/> for at most <paramref name="horizon"/> steps an episode.</summary>
    /// <exception cref="UsageException">An option is out of range, or two contradict each other.</exception>
    public ChemotaxisSwarm(ChemotaxisOptions options, int robots, int cells, int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        World = new ChemotaxisWorld3D(options, robots, cells);
        Metrics = new SwarmMetrics(World);
        Horizon = horizon;
        displacements = new Vector3D[robots];
        capturedBefore = new int[cells];
    }

    /// <summary>The world with its robots and cells.</summary>
    public ChemotaxisWorld3D World { get; }

    /// <summary>What the swarm has achieved in this episode.</summary>
    public SwarmMetrics Metrics { get; }

    /// <summary>Steps after which an episode is truncated.</summary>
    public int Horizon { get; }

    /// <summary>Steps taken in this episode.</summary>
    public int Elapsed => elapsed;

    /// <summary>Begins an episode and writes each robot's state.</summary>
    public void Reset(RandomStream random, Span<int> states)
    {
        World.Reset(random);
        World.CapturedBy.CopyTo(capturedBefore);
        elapsed = 0;
        Metrics.Begin();
        Observe(states);
    }

    /// <summary>All robots choose on what they saw, then all move, in their order.</summary>
    /// <param name="actions">One a robot.</param>
    /// <param name="random">The stream of the world; all actions' draws come before the world's.</param>
    /// <param name="states">Receives each robot's next state.</param>
    /// <param name="rewards">Receives each robot's reward.</param>
    /// <returns>Terminated when no cell is left; truncated at the horizon. The reward is the robots' sum.</returns>
    public StepResult Step(ReadOnlySpan<MacroAction> actions, RandomStream random, Span<int> states, Span<double> rewards)
    {
        World.CapturedBy.CopyTo(capturedBefore);
        for (var i = 0; i < displacements.Length; i++) { displacements[i] = MacroActions.Displacement(World, i, actions[i], random); }
        var terminated = World.Step(displacements, random, rewards);
        elapsed++;
        Metrics.Record(elapsed);
        Observe(states);
        var total = 0.0;
        foreach (var reward in rewards[..displacements.Length]) { total += reward; }
        return new StepResult(total, terminated, !terminated && elapsed >= Horizon);
    }

    /// <summary>Whether a robot captured a cell in the step just taken.</summary>
    public bool JustCaptured(int robot)
    {
        for (var cell = 0; cell < capturedBefore.Length; cell++)
        {
            if (capturedBefore[cell] < 0 && World.CapturedBy[cell] == robot) { return true; }
        }
        return false;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("world", World);
        state.Part("metrics", Metrics);
        state.Array<int>(nameof(capturedBefore), capturedBefore);
        state.Value(nameof(elapsed), ref elapsed);
    }

    private void Observe(Span<int> states)
    {
        for (var i = 0; i < displacements.Length; i++) { states[i] = MacroActions.State(World, i); }
    }
}
