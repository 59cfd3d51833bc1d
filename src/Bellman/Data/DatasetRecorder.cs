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
        var open = Enumerable.Range(0, environment.Count).Select(_ => new Recording()).ToArray();
        var done = new List<(Recording Steps, bool Terminated)>();
        var actionStream = random.Child("action");
        var masks = new bool[policy is IMaskedPolicy ? environment.Count * environment.ActionSpace.FlatSize : 0];
        var begins = new bool[environment.Count];
        Array.Fill(begins, true);
        environment.Reset(random.Child("environments"));
        var before = new float[environment.Observations.Length];
        var (finished, running) = (0, 0);
        while (finished + running < transitions)
        {
            cancellation.ThrowIfCancellationRequested();
            policy.Begin(begins);
            environment.Observations.CopyTo(before);
            if (policy is IMaskedPolicy masked && environment.WriteActionMasks(masks)) { masked.Act(environment.Observations, masks, environment.Count, environment.Actions, actionStream); }
            else { policy.Act(environment.Observations, environment.Count, environment.Actions, actionStream); }
            environment.Step();
            for (var i = 0; i < environment.Count; i++)
            {
                var ended = environment.Terminated[i] || environment.Truncated[i];
                begins[i] = ended;
                open[i].Add(before.AsSpan(i * observationSize, observationSize), environment.Action(i), environment.Rewards[i], ended ? environment.FinalObservation(i) : environment.Observation(i));
                running++;
                if (!ended) { continue; }
                done.Add((open[i], environment.Terminated[i]));
                (finished, running) = (finished + open[i].Rewards.Count, running - open[i].Rewards.Count);
                open[i] = new Recording();
            }
        }
        // The copies' unfinished episodes fill up what is missing, the longest first, so that few are cut.
        done.AddRange(open.Where(recording => recording.Rewards.Count > 0).OrderByDescending(recording => recording.Rewards.Count).Select(recording => (recording, false)));
        var data = Join(done, transitions, observationSize, actionSize, source);
        return data;
    }

    private static OfflineDataset Join(List<(Recording Steps, bool Terminated)> recordings, int transitions, int observationSize, int actionSize, string source)
    {
        List<float> observations = [], following = [], actions = [], rewards = [];
        var terminated = new List<bool>();
        var episodes = new List<DatasetEpisode>();
        foreach (var (steps, ended) in recordings)
        {
            var length = Math.Min(steps.Rewards.Count, transitions - rewards.Count);
            if (length == 0) { break; }
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

    private sealed class Recording
    {
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
