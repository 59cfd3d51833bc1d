using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bellman.Algorithms;

/// <summary>A data set as an offline agent draws from it: observations' encoder, actions as learners read them, and who is drawn.</summary>
public sealed class OfflineExperience : IStateful
{
    private const double SmallestDeviation = 1e-3;

    private readonly string digest;

    /// <summary>Prepares <paramref name="data"/>, whose blocks it keeps.</summary>
    /// <param name="algorithm">The algorithm's name, for messages.</param>
    /// <param name="observationSpace">What the policy reads.</param>
    /// <param name="actionSpace">What it writes.</param>
    /// <param name="data">The transitions, recorded in these spaces.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Rows are drawn from its child.</param>
    /// <param name="sampler">Who is drawn; null for what the options say.</param>
    /// <exception cref="UsageException">The data set does not fit the spaces or the options, or the actions are neither Discrete nor a Box with finite bounds.</exception>
    public OfflineExperience(string algorithm, Space observationSpace, Space actionSpace, OfflineDataset data, OfflineOptions options, RandomStream random, IReplaySampler? sampler = null)
    {
        data.RequireSpaces(observationSpace, actionSpace);
        Data = data;
        Stream = random.Child("batch");
        // Moments and reward scales are those of the data as it is, whatever is drawn.
        Encoder = new ObservationEncoder(observationSpace, options.NormalizeObservations, SmallestDeviation * SmallestDeviation);
        Encoder.Observe(data.Observations, data.Count);
        Replay = new ReplayBuffer(data, Inner(data, actionSpace, algorithm), Rewards(data, options.Rewards));
        if (sampler is null && options.Scorer() is { } scorer)
        {
            Distribution = new TransitionDistribution(data, scorer);
            sampler = Distribution.CreateSampler();
            Warnings = [.. Distribution.Warnings(options.StochasticDynamics)];
        }
        Sampler = sampler ?? new UniformSampler();
        for (var row = 0; row < data.Count; row++) { Sampler.Added(row); }
        digest = Digest(data);
    }

    /// <summary>What was recorded.</summary>
    public OfflineDataset Data { get; }

    /// <summary>How observations are read.</summary>
    public ObservationEncoder Encoder { get; }

    /// <summary>The transitions; continuous actions in [-1, 1].</summary>
    public ReplayBuffer Replay { get; }

    /// <summary>Who is drawn.</summary>
    public IReplaySampler Sampler { get; }

    /// <summary>With which probabilities, where episodes are weighted; null where all transitions are alike or a sampler was given.</summary>
    public TransitionDistribution? Distribution { get; }

    /// <summary>What a user should know about weighting this data.</summary>
    public IReadOnlyList<string> Warnings { get; } = [];

    /// <summary>What rows are drawn from; nothing else is.</summary>
    public RandomStream Stream { get; }

    /// <summary>The data set does not travel, only its digest: a run is resumed with the data it began with.</summary>
    /// <exception cref="UsageException">The data set is another one.</exception>
    public void Exchange(StateExchange state)
    {
        string? saved = digest;
        state.Text("data", ref saved);
        if (saved != digest) { throw new UsageException("This run learned from another data set: the file has changed since. Put the old file back, or train anew."); }
        state.Part("encoder", Encoder);
        state.Part("sampler", Sampler);
        state.Part("batchStream", Stream);
    }

    private static float[] Inner(OfflineDataset data, Space actionSpace, string algorithm)
    {
        if (actionSpace is Discrete) { return data.Actions; }
        var bounds = BoundedActions.For(actionSpace, algorithm);
        var inner = new float[data.Actions.Length];
        for (var start = 0; start < inner.Length; start += bounds.Size) { bounds.FromEnvironment(data.Actions.AsSpan(start, bounds.Size), inner.AsSpan(start, bounds.Size)); }
        return inner;
    }

    private static float[] Rewards(OfflineDataset data, RewardForm form)
    {
        if (form == RewardForm.Recorded) { return data.Rewards; }
        var (lowest, highest) = form == RewardForm.ReturnRange
            ? (data.Episodes.Min(episode => episode.Return), data.Episodes.Max(episode => episode.Return))
            : (data.Rewards.Min(), data.Rewards.Max());
        var range = highest - lowest;
        if (!(range > 0) && form != RewardForm.MinusOne)
        {
            throw new UsageException($"The data set {data.Source} has {(form == RewardForm.ReturnRange ? "the same return in every episode" : "the same reward in every row")}, which gives no scale. Set rewards=recorded.");
        }
        return Array.ConvertAll(data.Rewards, reward => form switch
        {
            RewardForm.ReturnRange => (float)(1000 * reward / range),
            RewardForm.UnitRange => (float)((reward - lowest) / range),
            _ => reward - 1,
        });
    }

    private static string Digest(OfflineDataset data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var block in new[] { data.Observations, data.Actions, data.Rewards, data.NextObservations }) { hash.AppendData(MemoryMarshal.AsBytes(block.AsSpan())); }
        hash.AppendData(MemoryMarshal.AsBytes(data.Terminated.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
