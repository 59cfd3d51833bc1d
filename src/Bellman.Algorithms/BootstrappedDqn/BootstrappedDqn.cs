using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Bootstrapped DQN with randomised priors (Osband et al. 2016 and 2018): an ensemble of value functions, each with a
/// fixed random prior and a bootstrap sample of its own. One member, drawn for each episode, acts greedily throughout it:
/// a consistent guess about what has not been seen, which is what deep exploration needs.
/// </summary>
public sealed class BootstrappedDqn : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly BootstrappedDqnOptions options;
    private readonly ObservationEncoder encoder;
    private readonly PriorEnsemble ensemble;
    private readonly Adam optimizer;
    private readonly ReplayBuffer replay;
    private readonly BootstrapStore store;
    private readonly UniformSampler sampler = new();
    private readonly TransitionCollector collector;
    private readonly RandomStream memberStream;
    private readonly RandomStream replayStream;
    private readonly ReplayBatch batch;
    private readonly DiscountPowers discounts;
    // [copies]: the member that acts in the running episode.
    private readonly int[] acting;
    private readonly float[] encoded;
    private readonly float[] values;
    private readonly float[] gradients;
    private readonly float[] onlineNext;
    private readonly float[] targetNext;
    private long updates;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <exception cref="UsageException">An option is out of range, or the actions are not Discrete.</exception>
    public BootstrappedDqn(VectorEnvironment environment, BootstrappedDqnOptions options, ulong seed)
    {
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, $"algorithm {Algorithm}");
        if (environment.ActionSpace is not Discrete discrete)
        {
            throw new UsageException($"{Algorithm} chooses among Discrete actions; this environment's are {environment.ActionSpace}. Use ppo for it.");
        }
        var random = RandomStream.Create(seed, Algorithm);
        memberStream = random.Child("member");
        replayStream = random.Child("replay");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        var mlp = new MlpSpecification(encoder.Size, options.Hidden, discrete.Count) { Activation = options.Activation, Initialization = Initialization.FanIn };
        ensemble = new PriorEnsemble(options.Members, mlp, (float)options.PriorScale, options.Engine, random.Child("initialization"));
        optimizer = new Adam(ensemble.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        replay = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, 1);
        store = new BootstrapStore(replay, options.Members, options.MaskProbability, random.Child("bootstrap"));
        batch = new ReplayBatch(replay, encoder, options.BatchSize);
        discounts = new DiscountPowers(options.Gamma, 1);
        encoded = new float[environment.Count * encoder.Size];
        acting = new int[environment.Count];
        var outputs = Math.Max(1, options.BatchSize) * discrete.Count;
        (values, gradients, onlineNext, targetNext) = (new float[outputs], new float[outputs], new float[outputs], new float[outputs]);
        collector = new TransitionCollector(environment, encoder, store, random.Child("environments"));
        for (var copy = 0; copy < acting.Length; copy++) { acting[copy] = memberStream.NextInt32(options.Members); }
        Policy = new VotingPolicy(encoder, ensemble, environment.ObservationSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => "bootstrapped-dqn";

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
        for (var copy = 0; copy < acting.Length; copy++)
        {
            if (environment.Terminated[copy] || environment.Truncated[copy]) { acting[copy] = memberStream.NextInt32(options.Members); }
        }
        if (Steps <= options.LearningStarts || replay.Count < options.BatchSize) { return; }
        for (var due = collector.UpdatesDue(options.TrainEvery); due > 0; due--) { Update(metrics); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Array<int>(nameof(acting), acting);
        state.Part(nameof(ensemble), ensemble);
        state.Part(nameof(optimizer), optimizer);
        collector.Exchange(state);
        state.Part(nameof(memberStream), memberStream);
        state.Part(nameof(replayStream), replayStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        environment.Dispose();
        ensemble.Dispose();
    }

    private void Act()
    {
        encoder.Encode(environment.Observations, environment.Count, encoded);
        var row = values.AsSpan(0, ensemble.Actions);
        for (var copy = 0; copy < acting.Length; copy++)
        {
            ensemble.Values(acting[copy], encoded.AsSpan(copy * encoder.Size, encoder.Size), 1, row);
            environment.Actions[copy] = TemporalDifference.ArgMax(row);
        }
    }

    private void Update(IMetricSink metrics)
    {
        batch.Draw(sampler, replayStream);
        ensemble.Parameters.ClearGradients();
        var loss = 0.0;
        for (var member = 0; member < ensemble.Members; member++) { loss += Learn(member) / ensemble.Members; }
        metrics.Add("loss/value", loss);
        metrics.Add("train/gradient_norm", ensemble.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(options.LearningRate);
        if (++updates % options.TargetEvery == 0) { ensemble.UpdateTargets(); }
    }

    /// <summary>The mean of 1/2 (Q_k(s, a) - y)^2 over the batch's rows that belong to the member, and its gradient.</summary>
    private double Learn(int member)
    {
        ensemble.TargetValues(member, batch.NextObservations, batch.Size, targetNext);
        if (options.DoubleQ) { ensemble.Values(member, batch.NextObservations, batch.Size, onlineNext); }
        ensemble.ForwardTraining(member, batch.Observations, batch.Size, values);
        Array.Clear(gradients);
        var loss = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            if (!store.Includes(batch.Rows[i], member)) { continue; }
            var next = targetNext.AsSpan(i * ensemble.Actions, ensemble.Actions);
            var chooser = options.DoubleQ ? onlineNext.AsSpan(i * ensemble.Actions, ensemble.Actions) : next;
            var chosen = i * ensemble.Actions + (int)batch.Actions[i];
            var error = values[chosen] - TemporalDifference.DoubleTarget(batch.Rewards[i], discounts.Of(batch, i), chooser, next);
            loss += 0.5 * error * error / batch.Size;
            gradients[chosen] = (float)(error / batch.Size);
        }
        ensemble.Backward(member, gradients, batch.Size);
        return loss;
    }
}
