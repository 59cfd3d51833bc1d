using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Deep Q-learning from replay with a target network (Mnih et al. 2015, "Human-level control through deep
/// reinforcement learning"), double by default (van Hasselt et al. 2016).
/// </summary>
/// <remarks>
/// Updates are due per environment step over all copies, so that several copies see as many updates per transition
/// as one does.
/// </remarks>
public sealed class Dqn : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly DqnOptions options;
    private readonly LinearSchedule epsilon;
    private readonly ObservationEncoder encoder;
    private readonly NetworkGroup online;
    private readonly NetworkGroup target;
    private readonly Adam optimizer;
    private readonly ReplayBuffer replay;
    private readonly UniformSampler sampler = new();
    private readonly RandomStream actionStream;
    private readonly RandomStream replayStream;
    private readonly int actions;
    private readonly float[] previous;
    private readonly float[] encoded;
    private readonly float[] values;
    private readonly Batch batch;
    private long steps;
    private long updates;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <exception cref="UsageException">An option is out of range, or the actions are not Discrete.</exception>
    public Dqn(VectorEnvironment environment, DqnOptions options, ulong seed, long totalSteps)
    {
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm dqn");
        if (environment.ActionSpace is not Discrete discrete)
        {
            throw new UsageException($"dqn chooses among Discrete actions; this environment's are {environment.ActionSpace}. Use ppo for it.");
        }
        actions = discrete.Count;
        epsilon = new LinearSchedule(options.InitialEpsilon, options.FinalEpsilon, Math.Max(1, (long)(options.ExplorationFraction * totalSteps)));
        var random = RandomStream.Create(seed, "dqn");
        actionStream = random.Child("action");
        replayStream = random.Child("replay");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        var mlp = new MlpSpecification(encoder.Size, options.Hidden, actions) { Activation = options.Activation, Initialization = Initialization.FanIn };
        online = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = options.Engine }, new MlpPart("values", mlp));
        target = online.Copy();
        optimizer = new Adam(online.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        // Replay keeps observations as they were seen: the normaliser moves on, what was seen does not.
        replay = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, 1);
        previous = new float[environment.Observations.Length];
        encoded = new float[environment.Count * encoder.Size];
        values = new float[environment.Count * actions];
        batch = new Batch(options.BatchSize, environment.ObservationSpace.Size, encoder.Size, actions);
        environment.Reset(random.Child("environments"));
        encoder.Observe(environment.Observations, environment.Count);
        Policy = new GreedyPolicy(encoder, online["values"], environment.ObservationSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => "dqn";

    /// <inheritdoc/>
    public long Steps => steps;

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
        // The step writes the next observations over the current ones; replay needs both.
        environment.Observations.CopyTo(previous, 0);
        environment.Step();
        Store(metrics);
        var before = steps;
        steps += environment.Count;
        if (steps <= options.LearningStarts || replay.Count < options.BatchSize) { return; }
        for (var due = steps / options.TrainEvery - before / options.TrainEvery; due > 0; due--) { Update(metrics); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(updates), ref updates);
        state.Part(nameof(online), online);
        state.Part(nameof(target), target);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(replay), replay);
        state.Part(nameof(sampler), sampler);
        state.Part(nameof(environment), environment);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(replayStream), replayStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        environment.Dispose();
        online.Dispose();
        target.Dispose();
    }

    private void Act()
    {
        var probability = steps < options.LearningStarts ? 1 : epsilon.Value(steps);
        encoder.Encode(environment.Observations, environment.Count, encoded);
        online["values"].Forward(encoded, environment.Count, values);
        for (var i = 0; i < environment.Count; i++)
        {
            environment.Actions[i] = actionStream.NextBoolean(probability)
                ? actionStream.NextInt32(actions)
                : TemporalDifference.ArgMax(values.AsSpan(i * actions, actions));
        }
    }

    private void Store(IMetricSink metrics)
    {
        var size = replay.ObservationSize;
        for (var i = 0; i < environment.Count; i++)
        {
            var done = environment.Terminated[i] || environment.Truncated[i];
            var next = done ? environment.FinalObservation(i) : environment.Observation(i);
            sampler.Added(replay.Add(previous.AsSpan(i * size, size), environment.Action(i), environment.Rewards[i], next, environment.Terminated[i]));
            if (done) { metrics.Episode(environment.EpisodeReturns[i], environment.EpisodeLengths[i]); }
        }
        encoder.Observe(environment.Observations, environment.Count);
    }

    private void Update(IMetricSink metrics)
    {
        sampler.Sample(replay.Count, replayStream, batch.Rows, batch.Weights);
        batch.Gather(replay, encoder);
        ComputeTargets();
        var network = online["values"];
        online.Parameters.ClearGradients();
        network.ForwardTraining(batch.Observations, batch.Size, batch.Values);
        Array.Clear(batch.Gradients);
        double loss = 0, meanValue = 0;
        for (var i = 0; i < batch.Size; i++)
        {
            var chosen = i * actions + (int)replay.Actions[batch.Rows[i]];
            batch.Errors[i] = batch.Values[chosen] - batch.Targets[i];
            var huber = TemporalDifference.Huber(batch.Errors[i]);
            loss += batch.Weights[i] * huber.Loss / batch.Size;
            meanValue += batch.Values[chosen] / batch.Size;
            batch.Gradients[chosen] = (float)(batch.Weights[i] * huber.Derivative / batch.Size);
        }
        network.Backward(batch.Gradients, batch.Size, default);
        metrics.Add("loss/value", loss);
        metrics.Add("train/mean_value", meanValue);
        metrics.Add("train/gradient_norm", online.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(options.LearningRate);
        sampler.Update(batch.Rows, batch.Errors);
        if (++updates % options.TargetEvery == 0) { target.Parameters.CopyFrom(online.Parameters); }
        metrics.Add("train/epsilon", epsilon.Value(steps));
    }

    private void ComputeTargets()
    {
        target["values"].Forward(batch.NextObservations, batch.Size, batch.TargetNext);
        if (options.DoubleQ) { online["values"].Forward(batch.NextObservations, batch.Size, batch.OnlineNext); }
        for (var i = 0; i < batch.Size; i++)
        {
            var (reward, terminated) = (replay.Rewards[batch.Rows[i]], replay.Terminated[batch.Rows[i]]);
            var targetNext = batch.TargetNext.AsSpan(i * actions, actions);
            batch.Targets[i] = (float)(options.DoubleQ
                ? TemporalDifference.DoubleTarget(reward, terminated, options.Gamma, batch.OnlineNext.AsSpan(i * actions, actions), targetNext)
                : TemporalDifference.Target(reward, terminated, options.Gamma, targetNext));
        }
    }

    /// <summary>What an update works on, allocated once.</summary>
    private sealed class Batch(int size, int observationSize, int encodedSize, int actions)
    {
        private readonly float[] plain = new float[size * observationSize];

        public int Size { get; } = size;

        public int[] Rows { get; } = new int[size];

        public float[] Weights { get; } = new float[size];

        public float[] Observations { get; } = GC.AllocateArray<float>(size * encodedSize, pinned: true);

        public float[] NextObservations { get; } = GC.AllocateArray<float>(size * encodedSize, pinned: true);

        public float[] Values { get; } = new float[size * actions];

        public float[] Gradients { get; } = new float[size * actions];

        public float[] OnlineNext { get; } = new float[size * actions];

        public float[] TargetNext { get; } = new float[size * actions];

        public float[] Targets { get; } = new float[size];

        public float[] Errors { get; } = new float[size];

        public void Gather(ReplayBuffer replay, ObservationEncoder encoder)
        {
            ReplayBuffer.Gather(replay.Observations, replay.ObservationSize, Rows, plain);
            encoder.Encode(plain, Size, Observations);
            ReplayBuffer.Gather(replay.NextObservations, replay.ObservationSize, Rows, plain);
            encoder.Encode(plain, Size, NextObservations);
        }
    }
}
