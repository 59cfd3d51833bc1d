namespace Bellman.Algorithms;

/// <summary>An agent that sees nothing but a data set.</summary>
public interface IOfflineAgent : IAgent
{
    /// <summary>What it learns from.</summary>
    OfflineExperience Experience { get; }
}

/// <summary>A learner that sees nothing but a data set. A step is one update; the environment only says what is read and written.</summary>
public sealed class OfflineAgent : IOfflineAgent
{
    private readonly IOffPolicyLearner learner;
    private readonly ReplayBatch batch;
    private long steps;

    /// <summary>An agent that learns from <paramref name="data"/>, whose blocks it keeps.</summary>
    /// <param name="algorithm">Its name on the command line.</param>
    /// <param name="observationSpace">What the policy reads.</param>
    /// <param name="actionSpace">What it writes.</param>
    /// <param name="data">The transitions, recorded in these spaces.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="createLearner">Makes the learner for encoded observations of the encoder's size, drawing from the stream's children.</param>
    /// <param name="sampler">Who is drawn; null for what the options say, every transition alike by default.</param>
    /// <exception cref="UsageException">The data set does not fit the spaces, or the actions are neither Discrete nor a Box with finite bounds.</exception>
    public OfflineAgent(
        string algorithm, Space observationSpace, Space actionSpace, OfflineDataset data, OfflineOptions options, ulong seed,
        Func<ObservationEncoder, RandomStream, IOffPolicyLearner> createLearner, IReplaySampler? sampler = null)
    {
        (Algorithm, ObservationSpace, ActionSpace) = (algorithm, observationSpace, actionSpace);
        var random = RandomStream.Create(seed, algorithm);
        Experience = new OfflineExperience(algorithm, observationSpace, actionSpace, data, options, random, sampler);
        learner = createLearner(Experience.Encoder, random);
        batch = new ReplayBatch(Experience.Replay, Experience.Encoder, options.BatchSize);
        if (learner is IReplayReader reader) { reader.Attach(Experience.Replay); }
        Policy = learner.CreatePolicy(Experience.Encoder, observationSpace, actionSpace);
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

    /// <inheritdoc/>
    public OfflineExperience Experience { get; }

    /// <summary>What learns.</summary>
    public IOffPolicyLearner Learner => learner;

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        batch.Draw(Experience.Sampler, Experience.Stream);
        learner.Update(batch, metrics);
        if (learner.Errors.Length > 0) { Experience.Sampler.Update(batch.Rows, learner.Errors); }
        steps++;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        Experience.Exchange(state);
        state.Value(nameof(steps), ref steps);
        state.Part(nameof(learner), learner);
    }

    /// <inheritdoc/>
    public void Dispose() => learner.Dispose();
}
