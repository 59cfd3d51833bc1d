using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>What a method adds to <see cref="Dreamer"/>.</summary>
public sealed record DreamerAdditions
{
    /// <summary>The method's name.</summary>
    public string Algorithm { get; init; } = "dreamer";

    /// <summary>Further terms of the model's loss.</summary>
    public IReadOnlyList<IWorldModelTerm> Terms { get; init; } = [];

    /// <summary>A reward of the agent's own for imagined steps.</summary>
    public IImaginedReward? Reward { get; init; }
}

/// <summary>
/// Dreamer (Hafner et al. 2020, "Dream to control: learning behaviors by latent imagination"): a recurrent latent model is learned from
/// replayed sequences, actor and value learn from trajectories that the model imagines. For bounded continuous actions; observations are
/// vectors or pictures.
/// </summary>
public sealed class Dreamer : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly DreamerOptions options;
    private readonly ObservationEncoder encoder;
    private readonly BoundedActions bounds;
    private readonly SequenceReplay replay;
    private readonly SequenceBatch batch;
    private readonly ImaginedBehaviour behaviour;
    private readonly DreamerPolicy acting;
    private readonly RandomStream actionStream;
    private readonly RandomStream replayStream;
    private readonly float[] encoded;
    private readonly float[] actions;
    private readonly double[] logProbabilities;
    private readonly bool[] begins;
    private long steps;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="additions">What a method adds; null for nothing.</param>
    /// <exception cref="UsageException">An option is out of range, or the actions are not a Box with finite bounds.</exception>
    public Dreamer(VectorEnvironment environment, DreamerOptions options, ulong seed, DreamerAdditions? additions = null)
    {
        additions ??= new DreamerAdditions();
        Algorithm = additions.Algorithm;
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, $"algorithm {Algorithm}");
        bounds = BoundedActions.For(environment.ActionSpace, Algorithm);
        encoder = new ObservationEncoder(environment.ObservationSpace, normalize: false);
        var random = RandomStream.Create(seed, "dreamer");
        (actionStream, replayStream) = (random.Child("action"), random.Child("replay"));
        replay = new SequenceReplay(options.BufferSize, environment.Count, encoder.Size, bounds.Size);
        batch = new SequenceBatch(options.BatchSize, options.SequenceLength, encoder.Size, bounds.Size);
        encoded = new float[environment.Count * encoder.Size];
        actions = new float[environment.Count * bounds.Size];
        logProbabilities = new double[environment.Count];
        begins = new bool[environment.Count];
        using var turn = TorchTurn.Take();
        var (reward, continuation) = (StateHead.Rewards(options.HeadLayers), StateHead.Continuation(options.HeadLayers));
        IWorldModelTerm observed = options.Objective == ObservationObjective.Contrast ? new ContrastiveTerm() : new ReconstructionTerm();
        Model = new WorldModel(environment.ObservationSpace, bounds.Size, options, [observed, reward, continuation, .. additions.Terms], random.Child("model"));
        behaviour = new ImaginedBehaviour(Model, reward, continuation, additions.Reward, options, random.Child("behaviour"));
        Policy = new DreamerPolicy(encoder, Model, behaviour, bounds);
        acting = new DreamerPolicy(encoder, Model, behaviour, bounds);
        acting.Grow(environment.Count);
        environment.Reset(random.Child("environments"));
        encoder.Encode(environment.Observations, environment.Count, encoded);
        for (var copy = 0; copy < environment.Count; copy++) { Begin(copy); }
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>The world model.</summary>
    public WorldModel Model { get; }

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        Act();
        environment.Step();
        Array.Clear(begins);
        Store(metrics);
        var before = steps;
        steps += environment.Count;
        if (steps <= options.LearningStarts || replay.Shortest < options.SequenceLength) { return; }
        for (var due = steps / options.TrainEvery - before / options.TrainEvery; due > 0; due--) { Update(metrics); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Part("model", Model);
        state.Part(nameof(behaviour), behaviour);
        state.Part(nameof(acting), acting);
        state.Part(nameof(replay), replay);
        state.Part(nameof(environment), environment);
        state.Array<bool>(nameof(begins), begins);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(replayStream), replayStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        environment.Dispose();
        behaviour.Dispose();
        Model.Dispose();
    }

    private void Update(IMetricSink metrics)
    {
        replay.Sample(batch, replayStream);
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        behaviour.At(steps);
        behaviour.Update(Model.Update(batch, metrics), metrics);
    }

    /// <summary>The policy's mode with noise, or anything while warming up; the model's memory hears of what was done.</summary>
    private void Act()
    {
        var size = bounds.Size;
        acting.Begin(begins);
        acting.See(environment.Observations, environment.Count, actionStream, sample: false);
        for (var copy = 0; copy < environment.Count; copy++)
        {
            var action = acting.Last.Slice(copy * size, size);
            var density = 0.0;
            foreach (ref var component in action)
            {
                if (steps < options.LearningStarts)
                {
                    component = 2 * actionStream.NextSingle() - 1;
                    density -= Math.Log(2);
                    continue;
                }
                var draw = actionStream.NextGaussian();
                component = Math.Clamp((float)(component + options.NoiseScale * draw), -1, 1);
                // The density before clipping; without noise the policy is a point.
                density += options.NoiseScale > 0 ? -0.5 * draw * draw - Math.Log(options.NoiseScale) - 0.5 * Math.Log(2 * Math.PI) : 0;
            }
            logProbabilities[copy] = density;
            action.CopyTo(actions.AsSpan(copy * size));
            bounds.ToEnvironment(action, environment.Action(copy));
        }
    }

    private void Store(IMetricSink metrics)
    {
        var (size, width) = (bounds.Size, encoder.Size);
        encoder.Encode(environment.Observations, environment.Count, encoded);
        Span<float> final = new float[width];
        for (var copy = 0; copy < environment.Count; copy++)
        {
            var ended = environment.Terminated[copy] || environment.Truncated[copy];
            if (ended) { encoder.Encode(environment.FinalObservation(copy), 1, final); }
            replay.Add(copy, ended ? final : encoded.AsSpan(copy * width, width), actions.AsSpan(copy * size, size), environment.Rewards[copy], environment.Terminated[copy], logProbabilities[copy]);
            if (!ended) { continue; }
            metrics.Episode(environment.EpisodeReturns[copy], environment.EpisodeLengths[copy]);
            Begin(copy);
        }
    }

    private void Begin(int copy)
    {
        begins[copy] = true;
        replay.Begin(copy, encoded.AsSpan(copy * encoder.Size, encoder.Size));
    }
}
