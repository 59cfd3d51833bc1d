namespace Bellman;

/// <summary>One episode of a data set, or the part of it that was recorded.</summary>
/// <param name="Start">Its first row.</param>
/// <param name="Length">Its rows, at least 1.</param>
/// <param name="Return">Undiscounted sum of all rewards that were recorded, also of a last step whose row is missing because nothing says what followed it.</param>
/// <param name="Terminated">Whether the environment ended it; otherwise it was cut off and goes on beyond the data.</param>
public readonly record struct DatasetEpisode(int Start, int Length, double Return, bool Terminated);

/// <summary>
/// Transitions (s, a, r, s', terminated) that somebody recorded, episode after episode, each field in one block. Observations and
/// actions are elements of the environment's spaces, as it wrote and read them.
/// </summary>
public sealed class OfflineDataset
{
    /// <summary>Puts the blocks together, which are kept, not copied.</summary>
    /// <param name="source">What they are called in messages: usually the file.</param>
    /// <param name="observationSize">Floats of an observation.</param>
    /// <param name="actionSize">Floats of an action.</param>
    /// <param name="observations">[count, observation size].</param>
    /// <param name="nextObservations">[count, observation size]: what truly followed; not read where terminated.</param>
    /// <param name="actions">[count, action size].</param>
    /// <param name="rewards">[count].</param>
    /// <param name="terminated">[count].</param>
    /// <param name="episodes">In order, without gaps, over all rows.</param>
    /// <exception cref="UsageException">There is no transition, a block has another length, or a number is not finite; the message says which.</exception>
    public OfflineDataset(
        string source, int observationSize, int actionSize, float[] observations, float[] nextObservations, float[] actions, float[] rewards, bool[] terminated,
        IReadOnlyList<DatasetEpisode> episodes)
    {
        (Source, ObservationSize, ActionSize) = (source, observationSize, actionSize);
        (Observations, NextObservations, Actions, Rewards, Terminated, Episodes) = (observations, nextObservations, actions, rewards, terminated, episodes);
        if (Count == 0) { throw Wrong("holds no transition. Record at least one."); }
        Require("observations", observations, observationSize);
        Require("next observations", nextObservations, observationSize);
        Require("actions", actions, actionSize);
        Require("rewards", rewards, 1);
        if (terminated.Length != Count) { throw Wrong($"has {Count} rewards and {terminated.Length} terminal flags. Every transition needs one of each."); }
        var end = 0;
        foreach (var episode in episodes)
        {
            if (episode.Start != end || episode.Length < 1) { throw Wrong($"has an episode of {episode.Length} rows at row {episode.Start}, where the one before ends at {end}. Episodes follow one another."); }
            end += episode.Length;
        }
        if (end != Count) { throw Wrong($"has episodes of {end} rows together and {Count} transitions."); }
    }

    /// <summary>What it is called in messages.</summary>
    public string Source { get; }

    /// <summary>Floats of an observation.</summary>
    public int ObservationSize { get; }

    /// <summary>Floats of an action.</summary>
    public int ActionSize { get; }

    /// <summary>Transitions.</summary>
    public int Count => Rewards.Length;

    /// <summary>[count, observation size]: s.</summary>
    public float[] Observations { get; }

    /// <summary>[count, observation size]: s'.</summary>
    public float[] NextObservations { get; }

    /// <summary>[count, action size]: a.</summary>
    public float[] Actions { get; }

    /// <summary>[count]: r.</summary>
    public float[] Rewards { get; }

    /// <summary>[count]: whether there is nothing to bootstrap from; never true of an episode that was cut off.</summary>
    public bool[] Terminated { get; }

    /// <summary>The episodes in the order of their rows.</summary>
    public IReadOnlyList<DatasetEpisode> Episodes { get; }

    /// <summary>Mean return of the episodes.</summary>
    public double MeanReturn => Episodes.Average(episode => episode.Return);

    /// <summary>
    /// Positive-sided variance of returns, mean of max(0, G_i - mean G)²: how much better than the average the good episodes are, which is
    /// what an algorithm that prefers them can gain.
    /// </summary>
    public double PositiveSidedVariance
    {
        get
        {
            var mean = MeanReturn;
            return Episodes.Average(episode => Math.Pow(Math.Max(0, episode.Return - mean), 2));
        }
    }

    /// <summary>Refuses a data set that was not recorded in these spaces.</summary>
    /// <exception cref="UsageException">A size differs, or an action is not in the space; the message says which and what to do.</exception>
    public void RequireSpaces(Space observations, Space actions)
    {
        if (ObservationSize != observations.Size) { throw Wrong($"has observations of {ObservationSize} numbers, and the environment's are {observations}, {observations.Size} numbers. Give the environment it was recorded in."); }
        if (ActionSize != actions.Size) { throw Wrong($"has actions of {ActionSize} numbers, and the environment's are {actions}, {actions.Size} numbers. Give the environment it was recorded in."); }
        for (var row = 0; row < Count; row++)
        {
            if (actions.Explain(Actions.AsSpan(row * ActionSize, ActionSize)) is { } problem)
            {
                throw Wrong($"has an action outside {actions} at row {row}: {problem}. Give the environment it was recorded in, or clip the actions of the file.");
            }
        }
    }

    /// <summary>One data set after another.</summary>
    /// <exception cref="UsageException">There is none, or their sizes differ.</exception>
    public static OfflineDataset Concatenate(IReadOnlyList<OfflineDataset> parts)
    {
        if (parts.Count == 0) { throw new UsageException("There are no data sets to put together. Give at least one."); }
        if (parts.Count == 1) { return parts[0]; }
        foreach (var part in parts.Skip(1))
        {
            if (part.ObservationSize != parts[0].ObservationSize || part.ActionSize != parts[0].ActionSize)
            {
                throw part.Wrong($"has observations of {part.ObservationSize} and actions of {part.ActionSize} numbers, and {parts[0].Source} of {parts[0].ObservationSize} and {parts[0].ActionSize}. Put data of one environment together.");
            }
        }
        var episodes = new List<DatasetEpisode>();
        var start = 0;
        foreach (var part in parts)
        {
            episodes.AddRange(part.Episodes.Select(episode => episode with { Start = start + episode.Start }));
            start += part.Count;
        }
        T[] Joined<T>(Func<OfflineDataset, T[]> block)
        {
            var joined = new T[parts.Sum(part => (long)block(part).Length)];
            var at = 0;
            foreach (var part in parts)
            {
                block(part).CopyTo(joined, at);
                at += block(part).Length;
            }
            return joined;
        }
        return new OfflineDataset(
            string.Join(" + ", parts.Select(part => part.Source)), parts[0].ObservationSize, parts[0].ActionSize,
            Joined(part => part.Observations), Joined(part => part.NextObservations), Joined(part => part.Actions),
            Joined(part => part.Rewards), Joined(part => part.Terminated), episodes);
    }

    /// <summary>A data set of the given episodes of this one, in the given order; one may be named several times.</summary>
    /// <param name="indices">Indices into <see cref="Episodes"/>, at least one.</param>
    public OfflineDataset Select(IReadOnlyList<int> indices)
    {
        var count = indices.Sum(index => Episodes[index].Length);
        float[] observations = new float[count * ObservationSize], following = new float[count * ObservationSize], actions = new float[count * ActionSize], rewards = new float[count];
        var terminated = new bool[count];
        var episodes = new List<DatasetEpisode>(indices.Count);
        var row = 0;
        foreach (var index in indices)
        {
            var episode = Episodes[index];
            void Copy<T>(T[] from, T[] to, int size) => from.AsSpan(episode.Start * size, episode.Length * size).CopyTo(to.AsSpan(row * size));
            Copy(Observations, observations, ObservationSize);
            Copy(NextObservations, following, ObservationSize);
            Copy(Actions, actions, ActionSize);
            Copy(Rewards, rewards, 1);
            Copy(Terminated, terminated, 1);
            episodes.Add(episode with { Start = row });
            row += episode.Length;
        }
        return new OfflineDataset(Source, ObservationSize, ActionSize, observations, following, actions, rewards, terminated, episodes);
    }

    private void Require(string name, float[] block, int size)
    {
        if (block.Length != (long)Count * size) { throw Wrong($"has {Count} rewards and {name} of {block.Length} numbers, where {(long)Count * size} belong ({size} each). Every transition needs one of each."); }
        for (var i = 0; i < block.Length; i++)
        {
            if (!float.IsFinite(block[i])) { throw Wrong($"has {name} of {block[i].ToString(System.Globalization.CultureInfo.InvariantCulture)} at row {i / size}, component {i % size}. Remove that transition."); }
        }
    }

    private UsageException Wrong(string what) => new($"The data set {Source} {what}");
}
