namespace Bellman.Algorithms;

/// <summary>
/// An actor-critic that learns from replay (foundations 3.12): act, at random while warming up, store, and update as
/// often as the steps over all copies pay for. What is learned and how is the learner's.
/// </summary>
public class OffPolicyAgent : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly OffPolicyOptions options;
    private readonly ObservationEncoder encoder;
    private readonly ReplayBuffer replay;
    private readonly IReplaySampler sampler;
    private readonly TransitionCollector collector;
    private readonly IOffPolicyLearner learner;
    private readonly BoundedActions? bounds;
    private readonly ActionNoise? noise;
    private readonly RandomStream actionStream;
    private readonly RandomStream replayStream;
    private readonly ReplayBatch batch;
    private readonly float[] encoded;
    private readonly float[] actions;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="algorithm">Its name on the command line.</param>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="createLearner">Makes the learner for encoded observations of the encoder's size, drawing from the stream's children.</param>
    /// <param name="sampler">Who is drawn from replay; null for everyone alike.</param>
    /// <exception cref="UsageException">The actions are neither Discrete nor a Box with finite bounds.</exception>
    public OffPolicyAgent(
        string algorithm, VectorEnvironment environment, OffPolicyOptions options, ulong seed,
        Func<ObservationEncoder, RandomStream, IOffPolicyLearner> createLearner, IReplaySampler? sampler = null)
    {
        Algorithm = algorithm;
        this.environment = environment;
        this.options = options;
        this.sampler = sampler ?? new UniformSampler();
        bounds = environment.ActionSpace is Discrete ? null : BoundedActions.For(environment.ActionSpace, algorithm);
        noise = bounds is not null && options is ContinuousControlOptions { Noise: not ExplorationNoise.None } continuous
            ? new ActionNoise(continuous, environment.Count, bounds.Size)
            : null;
        var random = RandomStream.Create(seed, algorithm);
        actionStream = random.Child("action");
        replayStream = random.Child("replay");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        learner = createLearner(encoder, random);
        replay = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, environment.ActionSpace.Size);
        batch = new ReplayBatch(replay, encoder, options.BatchSize);
        if (learner is IReplayReader reader) { reader.Attach(replay); }
        encoded = new float[environment.Count * encoder.Size];
        actions = new float[environment.Actions.Length];
        var stages = ReplayStages.Create(environment, replay, this.sampler, options.MultiStep, options.Gamma, options.Hindsight, options.HindsightGoals, random);
        collector = new TransitionCollector(environment, encoder, stages, random.Child("environments"));
        Policy = learner.CreatePolicy(encoder, environment.ObservationSpace, environment.ActionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public long Steps => collector.Steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        Act();
        collector.Step(actions, metrics);
        for (var i = 0; i < environment.Count; i++)
        {
            if (environment.Terminated[i] || environment.Truncated[i]) { noise?.Reset(i); }
        }
        if (Steps <= options.LearningStarts || replay.Count < options.BatchSize) { return; }
        for (var due = collector.UpdatesDue(options.TrainEvery) * options.UpdatesPerRound; due > 0; due--)
        {
            batch.Draw(sampler, replayStream);
            learner.Update(batch, metrics);
            if (learner.Errors.Length > 0) { sampler.Update(batch.Rows, learner.Errors); }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        collector.Exchange(state);
        state.Part(nameof(learner), learner);
        if (noise is not null) { state.Part(nameof(noise), noise); }
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(replayStream), replayStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        environment.Dispose();
        learner.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Act()
    {
        if (Steps < options.LearningStarts) { ActAtRandom(); }
        else
        {
            encoder.Encode(environment.Observations, environment.Count, encoded);
            learner.Act(encoded, environment.Count, actions, actionStream);
            noise?.Disturb(actions, actionStream);
        }
        var size = environment.ActionSpace.Size;
        for (var i = 0; i < environment.Count; i++)
        {
            var action = actions.AsSpan(i * size, size);
            if (bounds is null) { action.CopyTo(environment.Action(i)); } else { bounds.ToEnvironment(action, environment.Action(i)); }
        }
    }

    private void ActAtRandom()
    {
        if (environment.ActionSpace is Discrete discrete)
        {
            foreach (ref var action in actions.AsSpan()) { action = actionStream.NextInt32(discrete.Count); }
            return;
        }
        foreach (ref var action in actions.AsSpan()) { action = 2 * actionStream.NextSingle() - 1; }
    }
}
