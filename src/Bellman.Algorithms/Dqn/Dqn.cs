using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Deep Q-learning from replay with a target network (Mnih et al. 2015, "Human-level control through deep
/// reinforcement learning"), double by default (van Hasselt et al. 2016).
/// </summary>
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
    private readonly TransitionCollector collector;
    private readonly RandomStream actionStream;
    private readonly RandomStream replayStream;
    private readonly int actions;
    private readonly float[] encoded;
    private readonly float[] values;
    private readonly ReplayBatch batch;
    private readonly Workspace work;
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
        replay = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, 1);
        encoded = new float[environment.Count * encoder.Size];
        values = new float[environment.Count * actions];
        batch = new ReplayBatch(replay, encoder, options.BatchSize);
        work = new Workspace(options.BatchSize, actions);
        collector = new TransitionCollector(environment, encoder, new ReplayStore(replay, sampler), random.Child("environments"));
        Policy = new GreedyPolicy(encoder, online["values"], environment.ObservationSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => "dqn";

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
        collector.Step(environment.Actions, metrics);
        if (Steps <= options.LearningStarts || replay.Count < options.BatchSize) { return; }
        for (var due = collector.UpdatesDue(options.TrainEvery); due > 0; due--) { Update(metrics); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Part(nameof(online), online);
        state.Part(nameof(target), target);
        state.Part(nameof(optimizer), optimizer);
        collector.Exchange(state);
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
        var probability = Steps < options.LearningStarts ? 1 : epsilon.Value(Steps);
        encoder.Encode(environment.Observations, environment.Count, encoded);
        online["values"].Forward(encoded, environment.Count, values);
        for (var i = 0; i < environment.Count; i++)
        {
            environment.Actions[i] = actionStream.NextBoolean(probability)
                ? actionStream.NextInt32(actions)
                : TemporalDifference.ArgMax(values.AsSpan(i * actions, actions));
        }
    }

    private void Update(IMetricSink metrics)
    {
        batch.Draw(sampler, replayStream);
        ComputeTargets();
        var network = online["values"];
        online.Parameters.ClearGradients();
        network.ForwardTraining(batch.Observations, batch.Size, work.Values);
        Array.Clear(work.Gradients);
        double loss = 0, meanValue = 0;
        for (var i = 0; i < batch.Size; i++)
        {
            var chosen = i * actions + (int)batch.Actions[i];
            work.Errors[i] = work.Values[chosen] - work.Targets[i];
            var huber = TemporalDifference.Huber(work.Errors[i]);
            loss += batch.Weights[i] * huber.Loss / batch.Size;
            meanValue += work.Values[chosen] / batch.Size;
            work.Gradients[chosen] = (float)(batch.Weights[i] * huber.Derivative / batch.Size);
        }
        network.Backward(work.Gradients, batch.Size, default);
        metrics.Add("loss/value", loss);
        metrics.Add("train/mean_value", meanValue);
        metrics.Add("train/gradient_norm", online.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(options.LearningRate);
        sampler.Update(batch.Rows, work.Errors);
        if (++updates % options.TargetEvery == 0) { target.Parameters.CopyFrom(online.Parameters); }
        metrics.Add("train/epsilon", epsilon.Value(Steps));
    }

    private void ComputeTargets()
    {
        target["values"].Forward(batch.NextObservations, batch.Size, work.TargetNext);
        if (options.DoubleQ) { online["values"].Forward(batch.NextObservations, batch.Size, work.OnlineNext); }
        for (var i = 0; i < batch.Size; i++)
        {
            var (reward, terminated) = (batch.Rewards[i], batch.Terminated[i]);
            var targetNext = work.TargetNext.AsSpan(i * actions, actions);
            work.Targets[i] = (float)(options.DoubleQ
                ? TemporalDifference.DoubleTarget(reward, terminated, options.Gamma, work.OnlineNext.AsSpan(i * actions, actions), targetNext)
                : TemporalDifference.Target(reward, terminated, options.Gamma, targetNext));
        }
    }

    /// <summary>What an update works on, allocated once.</summary>
    private sealed class Workspace(int size, int actions)
    {
        public float[] Values { get; } = new float[size * actions];

        public float[] Gradients { get; } = new float[size * actions];

        public float[] OnlineNext { get; } = new float[size * actions];

        public float[] TargetNext { get; } = new float[size * actions];

        public float[] Targets { get; } = new float[size];

        public float[] Errors { get; } = new float[size];
    }
}
