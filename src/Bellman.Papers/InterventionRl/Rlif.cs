using Bellman.Algorithms;
using Bellman.Algorithms.Imitation;

namespace Bellman.Papers.InterventionRl;

/// <summary>
/// Reinforcement learning from intervention feedback (Luo et al. 2024): the learner acts, someone takes over when they see fit, and the only
/// reward is -1 for what led to that. Off-policy learning (RLPD) on these labels avoids being interrupted. The task's reward is never read; it
/// is only reported.
/// </summary>
public sealed class Rlif : IAgent
{
    private const float LargestInitialAction = 0.999f;
    private const int RateWindow = 500;

    private readonly IEnvironment environment;
    private readonly IInterventionSource source;
    private readonly RlifOptions options;
    private readonly TakeOver takeOver;
    private readonly InterventionWriter writer;
    private readonly BoundedActions bounds;
    private readonly ObservationEncoder encoder;
    private readonly RlpdLearner learner;
    private readonly ReplayBuffer replay;
    private readonly ReplayBatch batch;
    private readonly UniformSampler sampler = new();
    private readonly RandomStream environmentStream;
    private readonly RandomStream actionStream;
    private readonly RandomStream expertStream;
    private readonly RandomStream replayStream;
    private readonly int[] rows;
    private readonly float[] weights;
    private readonly float[] observation;
    private readonly float[] following;
    private readonly float[] encoded;
    private readonly float[] inner;
    private readonly float[] proposed;
    private readonly float[] executed;
    private readonly bool[] recent = new bool[RateWindow];
    private long steps;
    private bool running;
    private double total;
    private int length;

    /// <summary>An agent that learns in <paramref name="environment"/> under the eyes of <paramref name="source"/>.</summary>
    /// <param name="environment">One copy, with bounded continuous actions.</param>
    /// <param name="source">Who watches and takes over.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="initial">Data of any quality to begin with; its rewards are replaced by 0. Null for none.</param>
    /// <exception cref="UsageException">An option is out of range, or the environment or the data does not fit.</exception>
    public Rlif(IEnvironment environment, IInterventionSource source, RlifOptions options, ulong seed, OfflineDataset? initial = null)
    {
        (this.environment, this.source) = (environment, source);
        this.options = OptionSet.Validated(options, "algorithm rlif");
        var random = RandomStream.Create(seed, "rlif");
        bounds = BoundedActions.For(environment.ActionSpace, "rlif");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        learner = new RlpdLearner(encoder.Size, bounds.Size, options, random.Child("learner"));
        replay = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, bounds.Size);
        batch = new ReplayBatch(replay, encoder, options.BatchSize);
        takeOver = new TakeOver(options.TakeOverSteps);
        writer = new InterventionWriter(options.Store, options.Label, options.LabelCurrent, environment.ObservationSpace.Size, bounds.Size, Store);
        (environmentStream, actionStream, expertStream, replayStream) = (random.Child("environment"), random.Child("action"), random.Child("expert"), random.Child("replay"));
        (rows, weights) = (new int[options.UpdatesPerRound * options.BatchSize], new float[options.UpdatesPerRound * options.BatchSize]);
        (observation, following, encoded) = (new float[environment.ObservationSpace.Size], new float[environment.ObservationSpace.Size], new float[encoder.Size]);
        (inner, proposed, executed) = (new float[bounds.Size], new float[bounds.Size], new float[bounds.Size]);
        Policy = learner.CreatePolicy(encoder, environment.ObservationSpace, environment.ActionSpace);
        if (initial is not null) { AddInitial(initial); }
    }

    /// <inheritdoc/>
    public string Algorithm => "rlif";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>What it learns from.</summary>
    public ReplayBuffer Replay => replay;

    /// <summary>Share of the last 500 steps in which the expert acted.</summary>
    public double InterventionRate => steps == 0 ? 0 : (double)recent.Count(acted => acted) / Math.Min(steps, RateWindow);

    /// <summary>Takes one step, with or without the expert, and the updates it pays for.</summary>
    public void Advance(IMetricSink metrics)
    {
        if (!running) { Begin(); }
        encoder.Encode(observation, 1, encoded);
        learner.Act(encoded, 1, inner, actionStream);
        bounds.ToEnvironment(inner, proposed);
        var turn = takeOver.Next(takeOver.Asks && source.Decide(observation, proposed, expertStream));
        if (turn.Expert) { Ask(); } else { proposed.CopyTo(executed, 0); }
        var result = environment.Step(executed, environmentStream, following);
        writer.Step(observation, proposed, executed, following, result, turn);
        recent[(int)(steps % RateWindow)] = turn.Expert;
        (steps, total, length) = (steps + 1, total + result.Reward, length + 1);
        following.CopyTo(observation, 0);
        encoder.Observe(observation, 1);
        running = !result.Done;
        if (result.Done) { metrics.Episode(total, length); }
        metrics.Add("train/expert_share", turn.Expert ? 1 : 0);
        if (steps <= options.LearningStarts || replay.Count < options.BatchSize || steps % options.TrainEvery != 0) { return; }
        sampler.Sample(replay.Count, replayStream, rows, weights);
        learner.Round(batch, rows, metrics);
    }

    /// <summary>What it has stored as a data set, rewards and all: for learning offline from interventions.</summary>
    public OfflineDataset Recorded()
    {
        var (size, count, actions) = (ObservationSpace.Size, replay.Count, new float[replay.Count * bounds.Size]);
        for (var row = 0; row < count; row++) { bounds.ToEnvironment(replay.Actions.AsSpan(row * bounds.Size, bounds.Size), actions.AsSpan(row * bounds.Size, bounds.Size)); }
        return new OfflineDataset("interventions", size, bounds.Size, replay.Observations[..(count * size)], replay.NextObservations[..(count * size)], actions,
            replay.Rewards[..count], replay.Terminated[..count], [new DatasetEpisode(0, count, replay.Rewards.Take(count).Sum(reward => (double)reward), false)]);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(running), ref running);
        state.Value(nameof(total), ref total);
        state.Value(nameof(length), ref length);
        state.Array<float>(nameof(observation), observation);
        state.Array<bool>(nameof(recent), recent);
        state.Part(nameof(environment), environment);
        state.Part(nameof(takeOver), takeOver);
        state.Part(nameof(writer), writer);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(learner), learner);
        state.Part(nameof(replay), replay);
        state.Part(nameof(environmentStream), environmentStream);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(expertStream), expertStream);
        state.Part(nameof(replayStream), replayStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        learner.Dispose();
        environment.Find<IDisposable>()?.Dispose();
    }

    private void Begin()
    {
        environment.Reset(environmentStream, observation);
        encoder.Observe(observation, 1);
        takeOver.Reset();
        (running, total, length) = (true, 0, 0);
    }

    private void Ask()
    {
        executed.AsSpan().Fill(float.NaN);
        source.Act(observation, executed, expertStream);
        if (ActionSpace.Explain(executed) is { } wrong) { throw new UsageException($"The expert's action does not fit the environment's {ActionSpace}: {wrong} An expert writes as many numbers as the learner, within the bounds."); }
    }

    private void Store(ReadOnlySpan<float> from, ReadOnlySpan<float> action, float reward, ReadOnlySpan<float> to, bool terminated)
    {
        Span<float> scaled = stackalloc float[bounds.Size];
        bounds.FromEnvironment(action, scaled);
        replay.Add(from, scaled, reward, to, terminated);
    }

    private void AddInitial(OfflineDataset initial)
    {
        initial.RequireSpaces(ObservationSpace, ActionSpace);
        if (initial.Count > replay.Capacity) { throw new UsageException($"The initial data has {initial.Count} transitions and bufferSize is {replay.Capacity}. Raise bufferSize, or give less data."); }
        Span<float> scaled = stackalloc float[bounds.Size];
        var size = ObservationSpace.Size;
        for (var row = 0; row < initial.Count; row++)
        {
            bounds.FromEnvironment(initial.Actions.AsSpan(row * bounds.Size, bounds.Size), scaled);
            // tanh reaches no bound.
            foreach (ref var component in scaled) { component = Math.Clamp(component, -LargestInitialAction, LargestInitialAction); }
            encoder.Observe(initial.Observations.AsSpan(row * size, size), 1);
            replay.Add(initial.Observations.AsSpan(row * size, size), scaled, 0, initial.NextObservations.AsSpan(row * size, size), initial.Terminated[row]);
        }
    }
}
