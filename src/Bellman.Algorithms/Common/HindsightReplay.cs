namespace Bellman.Algorithms;

/// <summary>Which goals an episode is replayed with.</summary>
public enum HindsightStrategy
{
    /// <summary>None: transitions keep the goal they were made with.</summary>
    None,

    /// <summary>Goals that the same episode achieved after the transition, its own outcome included.</summary>
    Future,

    /// <summary>The goal that the episode achieved in the end.</summary>
    Final,

    /// <summary>Goals that the same episode achieved at any time.</summary>
    Episode,
}

/// <summary>
/// Hindsight experience replay (Andrychowicz et al. 2017, algorithm 1): every transition is handed on as it was, and
/// when its episode is over, by termination or a time limit, again with goals that the episode did achieve. Reward and
/// termination of those are the environment's own judgement.
/// </summary>
public sealed class HindsightReplay : ITransitionSink
{
    private readonly IGoalEnvironment goals;
    private readonly GoalLayout layout;
    private readonly HindsightStrategy strategy;
    private readonly int relabelled;
    private readonly RandomStream random;
    private readonly ITransitionSink next;
    private readonly Episode[] episodes;
    private readonly float[] before;
    private readonly float[] after;

    /// <summary>Relabels the transitions of a goal environment.</summary>
    /// <param name="environment">The copies; their environment is an <see cref="IGoalEnvironment"/>.</param>
    /// <param name="actionSize">Floats of an action as it is stored.</param>
    /// <param name="strategy">Which goals.</param>
    /// <param name="relabelled">k: goals per transition, at least 1; <see cref="HindsightStrategy.Final"/> has only one.</param>
    /// <param name="random">Goals are drawn from this stream.</param>
    /// <param name="next">Takes the transitions, relabelled ones too.</param>
    /// <exception cref="UsageException">The environment has no goals.</exception>
    public HindsightReplay(VectorEnvironment environment, int actionSize, HindsightStrategy strategy, int relabelled, RandomStream random, ITransitionSink next)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(relabelled, 1);
        ArgumentOutOfRangeException.ThrowIfEqual((int)strategy, (int)HindsightStrategy.None);
        layout = GoalLayout.Of(environment.ObservationSpace);
        goals = environment.Goals ?? throw new UsageException(
            "Hindsight replay needs an environment that can judge other goals (IGoalEnvironment), and this one cannot. Set hindsight=none, or implement IGoalEnvironment.Judge.");
        this.strategy = strategy;
        this.relabelled = strategy == HindsightStrategy.Final ? 1 : relabelled;
        this.random = random;
        this.next = next;
        var observationSize = environment.ObservationSpace.Size;
        episodes = [.. Enumerable.Range(0, environment.Count).Select(_ => new Episode(observationSize, actionSize))];
        before = new float[observationSize];
        after = new float[observationSize];
    }

    /// <inheritdoc/>
    public void Add(in Transition transition)
    {
        next.Add(transition);
        var episode = episodes[transition.Copy];
        episode.Append(transition);
        if (!transition.Done) { return; }
        for (var step = 0; step < episode.Length; step++)
        {
            for (var i = 0; i < relabelled; i++) { Relabel(transition, episode, step); }
        }
        episode.Clear();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        for (var i = 0; i < episodes.Length; i++) { state.Part($"episode{i}", episodes[i]); }
        state.Part("hindsight", random);
        next.Exchange(state);
    }

    private void Relabel(in Transition last, Episode episode, int step)
    {
        var source = strategy switch
        {
            HindsightStrategy.Future => step + random.NextInt32(episode.Length - step),
            HindsightStrategy.Episode => random.NextInt32(episode.Length),
            _ => episode.Length - 1,
        };
        var goal = layout.AchievedOf(episode.After(source));
        episode.Before(step).CopyTo(before);
        episode.After(step).CopyTo(after);
        goal.CopyTo(layout.DesiredOf(before));
        goal.CopyTo(layout.DesiredOf(after));
        var result = goals.Judge(layout.AchievedOf(after), goal);
        var cut = last.Truncated && step == episode.Length - 1 && !result.Terminated;
        next.Add(new Transition(last.Copy, before, episode.Action(step), (float)result.Reward, after, result.Terminated, cut));
    }

    /// <summary>The steps of one copy's running episode, in memory that grows to the longest.</summary>
    private sealed class Episode(int observationSize, int actionSize) : IStateful
    {
        private float[] observations = [];
        private float[] nextObservations = [];
        private float[] actions = [];
        private int length;

        public int Length => length;

        public ReadOnlySpan<float> Before(int step) => observations.AsSpan(step * observationSize, observationSize);

        public ReadOnlySpan<float> After(int step) => nextObservations.AsSpan(step * observationSize, observationSize);

        public ReadOnlySpan<float> Action(int step) => actions.AsSpan(step * actionSize, actionSize);

        public void Append(in Transition transition)
        {
            Write(ref observations, transition.Observation);
            Write(ref nextObservations, transition.NextObservation);
            Write(ref actions, transition.Action);
            length++;
        }

        public void Clear() => length = 0;

        public void Exchange(StateExchange state)
        {
            state.Value(nameof(length), ref length);
            state.List(nameof(observations), ref observations);
            state.List(nameof(nextObservations), ref nextObservations);
            state.List(nameof(actions), ref actions);
        }

        private void Write(ref float[] block, ReadOnlySpan<float> row)
        {
            if (block.Length < (length + 1) * row.Length) { Array.Resize(ref block, Math.Max(16, 2 * length) * row.Length); }
            row.CopyTo(block.AsSpan(length * row.Length));
        }
    }
}
