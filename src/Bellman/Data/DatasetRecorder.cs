namespace Bellman;

/// <summary>Records what a policy does, as an <see cref="OfflineDataset"/>.</summary>
public static class DatasetRecorder
{
    private const int Copies = 8;

    /// <summary>Records whole episodes until there are <paramref name="transitions"/> transitions; the last episode is cut off there.</summary>
    /// <param name="create">Makes the environment.</param>
    /// <param name="policy">Acts, drawing its actions as in training.</param>
    /// <param name="transitions">How many, at least 1.</param>
    /// <param name="random">Where environments and policy draw from.</param>
    /// <param name="source">What the data set is called in messages.</param>
    /// <param name="cancellation">Stops it.</param>
    public static OfflineDataset Record(Func<IEnvironment> create, IPolicy policy, int transitions, RandomStream random, string source, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(transitions, 1);
        using var environment = new SynchronousVectorEnvironment(create, Math.Min(Copies, transitions));
        var (observationSize, actionSize) = (environment.ObservationSpace.Size, environment.ActionSpace.Size);
        // Episodes in the order they began: taking whichever ended first would favour short ones.
        var begun = Enumerable.Range(0, environment.Count).Select(_ => new Recording()).ToList();
        var open = begun.ToArray();
        var actionStream = random.Child("action");
        var masks = new bool[policy is IMaskedPolicy ? environment.Count * environment.ActionSpace.FlatSize : 0];
        var begins = new bool[environment.Count];
        Array.Fill(begins, true);
        environment.Reset(random.Child("environments"));
        var before = new float[environment.Observations.Length];
        // Of the episodes in order, those that are whole and their transitions.
        var (whole, kept) = (0, 0);
        while (kept < transitions && kept + begun[whole].Rewards.Count < transitions)
        {
            cancellation.ThrowIfCancellationRequested();
            policy.Begin(begins);
            environment.Observations.CopyTo(before);
            if (policy is IMaskedPolicy masked && environment.WriteActionMasks(masks)) { masked.Act(environment.Observations, masks, environment.Count, environment.Actions, actionStream); }
            else { policy.Act(environment.Observations, environment.Count, environment.Actions, actionStream); }
            environment.Step();
            policy.Earned(environment.Rewards);
            for (var i = 0; i < environment.Count; i++)
            {
                begins[i] = environment.Terminated[i] || environment.Truncated[i];
                open[i].Add(before.AsSpan(i * observationSize, observationSize), environment.Action(i), environment.Rewards[i], begins[i] ? environment.FinalObservation(i) : environment.Observation(i));
                if (!begins[i]) { continue; }
                open[i].End = environment.Terminated[i] ? Ending.Terminated : Ending.CutOff;
                begun.Add(open[i] = new Recording());
            }
            for (; begun[whole].End != Ending.None; whole++) { kept += begun[whole].Rewards.Count; }
        }
        return Join(begun, transitions, observationSize, actionSize, source);
    }

    private static OfflineDataset Join(List<Recording> recordings, int transitions, int observationSize, int actionSize, string source)
    {
        List<float> observations = [], following = [], actions = [], rewards = [];
        var terminated = new List<bool>();
        var episodes = new List<DatasetEpisode>();
        foreach (var steps in recordings)
        {
            var length = Math.Min(steps.Rewards.Count, transitions - rewards.Count);
            if (length == 0) { break; }
            var ended = steps.End == Ending.Terminated;
            var whole = length == steps.Rewards.Count;
            episodes.Add(new DatasetEpisode(rewards.Count, length, steps.Rewards.Take(length).Sum(reward => (double)reward), whole && ended));
            observations.AddRange(steps.Observations[..(length * observationSize)]);
            following.AddRange(steps.Following[..(length * observationSize)]);
            actions.AddRange(steps.Actions[..(length * actionSize)]);
            rewards.AddRange(steps.Rewards[..length]);
            for (var i = 0; i < length; i++) { terminated.Add(ended && i == steps.Rewards.Count - 1); }
        }
        return new OfflineDataset(source, observationSize, actionSize, [.. observations], [.. following], [.. actions], [.. rewards], [.. terminated], episodes);
    }

    private enum Ending
    {
        None,
        Terminated,
        CutOff,
    }

    private sealed class Recording
    {
        public Ending End { get; set; }

        public List<float> Observations { get; } = [];

        public List<float> Following { get; } = [];

        public List<float> Actions { get; } = [];

        public List<float> Rewards { get; } = [];

        public void Add(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, ReadOnlySpan<float> next)
        {
            Observations.AddRange(observation);
            Actions.AddRange(action);
            Rewards.Add(reward);
            Following.AddRange(next);
        }
    }
}
