using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Deep Q-learning from replay with a target network (Mnih et al. 2015, "Human-level control through deep
/// reinforcement learning"), double by default (van Hasselt et al. 2016), and with the extensions that
/// <see cref="DqnOptions"/> switches on, up to Rainbow (Hessel et al. 2018).
/// </summary>
public sealed class Dqn : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly DqnOptions options;
    private readonly LinearSchedule epsilon;
    private readonly LinearSchedule importance;
    private readonly LinearSchedule learningRate;
    private readonly ObservationEncoder encoder;
    private readonly ReturnModel returns;
    private readonly NetworkGroup online;
    private readonly NetworkGroup target;
    private readonly INetwork network;
    private readonly INetwork targetNetwork;
    private readonly Adam optimizer;
    private readonly ReplayBuffer replay;
    private readonly IReplaySampler sampler;
    private readonly TransitionCollector collector;
    private readonly RandomStream actionStream;
    private readonly RandomStream replayStream;
    private readonly RandomStream noiseStream;
    private readonly DiscountPowers discounts;
    private readonly float[] encoded;
    private readonly float[] outputs;
    private readonly float[] means;
    private readonly ReplayBatch batch;
    private readonly Workspace work;
    private long updates;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <param name="algorithm">The name it goes by: that of the registered variant.</param>
    /// <exception cref="UsageException">An option is out of range, the actions are not Discrete, or hindsight is asked for and there are no goals.</exception>
    public Dqn(VectorEnvironment environment, DqnOptions options, ulong seed, long totalSteps, string algorithm = "dqn")
    {
        Algorithm = algorithm;
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, $"algorithm {algorithm}");
        if (environment.ActionSpace is not Discrete discrete)
        {
            throw new UsageException($"{algorithm} chooses among Discrete actions; this environment's are {environment.ActionSpace}. Use ppo for it.");
        }
        epsilon = new LinearSchedule(options.InitialEpsilon, options.FinalEpsilon, Math.Max(1, (long)(options.ExplorationFraction * totalSteps)));
        importance = new LinearSchedule(options.InitialImportance, 1, Math.Max(1, totalSteps));
        learningRate = new LinearSchedule(options.LearningRate, options.AnnealLearningRate ? 0 : options.LearningRate, Math.Max(1, totalSteps));
        var random = RandomStream.Create(seed, "dqn");
        actionStream = random.Child("action");
        replayStream = random.Child("replay");
        noiseStream = random.Child("noise");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        var part = ValueNetwork.Part(encoder.Size, discrete.Count, ReturnModel.WidthOf(options), options);
        online = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = options.Engine }, part);
        target = online.Copy();
        (network, targetNetwork) = (online[ValueNetwork.Name], target[ValueNetwork.Name]);
        returns = ReturnModel.For(options, network);
        optimizer = new Adam(online.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = options.AdamEpsilon });
        replay = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, 1);
        sampler = options.Prioritized
            ? new PrioritizedSampler(options.BufferSize, new PrioritizedSamplerOptions
            {
                Exponent = options.PriorityExponent,
                Offset = options.PriorityOffset,
                NormalizeByBuffer = options.NormalizeByBuffer,
            })
            : new UniformSampler();
        discounts = new DiscountPowers(options.Gamma, options.MultiStep);
        encoded = new float[environment.Count * encoder.Size];
        outputs = new float[environment.Count * network.Outputs];
        means = new float[discrete.Count];
        batch = new ReplayBatch(replay, encoder, options.BatchSize);
        work = new Workspace(options.BatchSize, network.Outputs);
        var stages = ReplayStages.Create(environment, replay, sampler, options.MultiStep, options.Gamma, options.Hindsight, options.HindsightGoals, random);
        collector = new TransitionCollector(environment, encoder, stages, random.Child("environments"));
        Policy = new GreedyPolicy(encoder, network, returns, environment.ObservationSpace);
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
        state.Part(nameof(noiseStream), noiseStream);
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
        DrawNoise(network);
        encoder.Encode(environment.Observations, environment.Count, encoded);
        network.Forward(encoded, environment.Count, outputs);
        for (var i = 0; i < environment.Count; i++)
        {
            environment.Actions[i] = actionStream.NextBoolean(probability)
                ? actionStream.NextInt32(means.Length)
                : Best(outputs, i);
        }
    }

    private void Update(IMetricSink metrics)
    {
        if (sampler is PrioritizedSampler prioritized) { prioritized.Beta = importance.Value(Steps); }
        batch.Draw(sampler, replayStream);
        DrawNoise(network);
        DrawNoise(targetNetwork);
        targetNetwork.Forward(batch.NextObservations, batch.Size, work.TargetNext);
        if (options.DoubleQ) { network.Forward(batch.NextObservations, batch.Size, work.OnlineNext); }
        online.Parameters.ClearGradients();
        network.ForwardTraining(batch.Observations, batch.Size, work.Outputs);
        var (loss, meanValue) = Differentiate();
        network.Backward(work.Gradients, batch.Size, default);
        metrics.Add("loss/value", loss);
        metrics.Add("train/mean_value", meanValue);
        metrics.Add("train/gradient_norm", online.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(learningRate.Value(Steps));
        sampler.Update(batch.Rows, work.Errors);
        if (++updates % options.TargetEvery == 0) { target.Parameters.CopyFrom(online.Parameters); }
        metrics.Add("train/epsilon", epsilon.Value(Steps));
    }

    /// <summary>The batch's weighted mean loss, its gradient with respect to the outputs, and each row's error.</summary>
    private (double Loss, double MeanValue) Differentiate()
    {
        Array.Clear(work.Gradients);
        double loss = 0, meanValue = 0;
        var width = returns.Width;
        for (var i = 0; i < batch.Size; i++)
        {
            var taken = i * network.Outputs + (int)batch.Actions[i] * width;
            var next = i * network.Outputs + Best(options.DoubleQ ? work.OnlineNext : work.TargetNext, i) * width;
            var predicted = work.Outputs.AsSpan(taken, width);
            var gradient = work.Gradients.AsSpan(taken, width);
            var (rowLoss, error) = returns.Learn(predicted, batch.Rewards[i], discounts.Of(batch, i), work.TargetNext.AsSpan(next, width), gradient);
            var share = batch.Weights[i] / batch.Size;
            foreach (ref var slope in gradient) { slope *= share; }
            loss += share * rowLoss;
            meanValue += returns.Mean(predicted) / batch.Size;
            work.Errors[i] = (float)error;
        }
        return (loss, meanValue);
    }

    /// <summary>The action of the highest expected return in a row of outputs.</summary>
    private int Best(float[] rows, int row)
    {
        returns.Means(rows.AsSpan(row * network.Outputs, network.Outputs), means);
        return TemporalDifference.ArgMax(means);
    }

    /// <summary>Noise, and the probabilities of implicit quantiles, are drawn before every use, so that they are no state of their own.</summary>
    private void DrawNoise(INetwork values) => (values as INoisyNetwork)?.DrawNoise(noiseStream);

    /// <summary>What an update works on, allocated once: [batch, outputs] and [batch].</summary>
    private sealed class Workspace(int size, int outputs)
    {
        public float[] Outputs { get; } = new float[size * outputs];

        public float[] Gradients { get; } = new float[size * outputs];

        public float[] OnlineNext { get; } = new float[size * outputs];

        public float[] TargetNext { get; } = new float[size * outputs];

        public float[] Errors { get; } = new float[size];
    }
}
