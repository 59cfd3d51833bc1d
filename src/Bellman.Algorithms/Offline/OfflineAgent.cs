using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bellman.Algorithms;

/// <summary>A learner that sees nothing but a data set. A step is one update; the environment only says what is read and written.</summary>
public sealed class OfflineAgent : IAgent
{
    private const double SmallestDeviation = 1e-3;

    private readonly ObservationEncoder encoder;
    private readonly IReplaySampler sampler;
    private readonly IOffPolicyLearner learner;
    private readonly RandomStream batchStream;
    private readonly ReplayBatch batch;
    private readonly string digest;
    private long steps;

    /// <summary>An agent that learns from <paramref name="data"/>, whose blocks it keeps.</summary>
    /// <param name="algorithm">Its name on the command line.</param>
    /// <param name="observationSpace">What the policy reads.</param>
    /// <param name="actionSpace">What it writes.</param>
    /// <param name="data">The transitions, recorded in these spaces.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="createLearner">Makes the learner for encoded observations of the encoder's size, drawing from the stream's children.</param>
    /// <param name="sampler">Who is drawn; null for every transition alike.</param>
    /// <exception cref="UsageException">The data set does not fit the spaces, or the actions are neither Discrete nor a Box with finite bounds.</exception>
    public OfflineAgent(
        string algorithm, Space observationSpace, Space actionSpace, OfflineDataset data, OfflineOptions options, ulong seed,
        Func<ObservationEncoder, RandomStream, IOffPolicyLearner> createLearner, IReplaySampler? sampler = null)
    {
        data.RequireSpaces(observationSpace, actionSpace);
        (Algorithm, ObservationSpace, ActionSpace) = (algorithm, observationSpace, actionSpace);
        this.sampler = sampler ?? new UniformSampler();
        var random = RandomStream.Create(seed, algorithm);
        batchStream = random.Child("batch");
        encoder = new ObservationEncoder(observationSpace, options.NormalizeObservations, SmallestDeviation * SmallestDeviation);
        encoder.Observe(data.Observations, data.Count);
        learner = createLearner(encoder, random);
        var replay = new ReplayBuffer(data, Inner(data, actionSpace, algorithm));
        for (var row = 0; row < data.Count; row++) { this.sampler.Added(row); }
        batch = new ReplayBatch(replay, encoder, options.BatchSize);
        digest = Digest(data);
        Policy = learner.CreatePolicy(encoder, observationSpace, actionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <summary>Updates so far.</summary>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>What learns.</summary>
    public IOffPolicyLearner Learner => learner;

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        batch.Draw(sampler, batchStream);
        learner.Update(batch, metrics);
        if (learner.Errors.Length > 0) { sampler.Update(batch.Rows, learner.Errors); }
        steps++;
    }

    /// <summary>The data set does not travel, only its digest: a run is resumed with the data it began with.</summary>
    /// <exception cref="UsageException">The data set is another one.</exception>
    public void Exchange(StateExchange state)
    {
        string? saved = digest;
        state.Text("data", ref saved);
        if (saved != digest) { throw new UsageException("This run learned from another data set: the file has changed since. Put the old file back, or train anew."); }
        state.Value(nameof(steps), ref steps);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(sampler), sampler);
        state.Part(nameof(learner), learner);
        state.Part(nameof(batchStream), batchStream);
    }

    /// <inheritdoc/>
    public void Dispose() => learner.Dispose();

    private static float[] Inner(OfflineDataset data, Space actionSpace, string algorithm)
    {
        if (actionSpace is Discrete) { return data.Actions; }
        var bounds = BoundedActions.For(actionSpace, algorithm);
        var inner = new float[data.Actions.Length];
        for (var start = 0; start < inner.Length; start += bounds.Size) { bounds.FromEnvironment(data.Actions.AsSpan(start, bounds.Size), inner.AsSpan(start, bounds.Size)); }
        return inner;
    }

    private static string Digest(OfflineDataset data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var block in new[] { data.Observations, data.Actions, data.Rewards, data.NextObservations }) { hash.AppendData(MemoryMarshal.AsBytes(block.AsSpan())); }
        hash.AppendData(MemoryMarshal.AsBytes(data.Terminated.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
