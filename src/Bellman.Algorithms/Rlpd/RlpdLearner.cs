using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// The learner of RLPD (Ball et al. 2023, "Efficient online reinforcement learning with offline data"): soft actor-critic with an ensemble of
/// layer-normalised critics, targets from the minimum of a random subset of them without entropy, an actor that climbs their mean, and several
/// steps of the critics for one of the actor.
/// </summary>
public sealed class RlpdLearner : IOffPolicyLearner
{
    private readonly RlpdOptions options;
    private readonly int actionSize;
    private readonly ActionValueCritics critics;
    private readonly Actor actor;
    private readonly Temperature temperature;
    private readonly RandomStream drawStream;
    private readonly RandomStream subsetStream;
    private readonly TanhGaussianBatch draws;
    private readonly int[] subset;
    private readonly float[] outputs;
    private readonly float[] outputGradients;
    private readonly float[] actionGradients;
    private readonly float[] targets;
    private float[] actingOutputs = [];
    private long updates;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights and draws come from its children.</param>
    /// <exception cref="UsageException">The subset is larger than the ensemble.</exception>
    public RlpdLearner(int observationSize, int actionSize, RlpdOptions options, RandomStream random)
    {
        if (options.Subset > options.Critics) { throw new UsageException($"A subset of {options.Subset} critics cannot be drawn from {options.Critics}. Lower subset or raise critics."); }
        (this.options, this.actionSize) = (options, actionSize);
        critics = new ActionValueCritics(observationSize, actionSize, options.Critics, options, random.Child("critics"));
        var mlp = new MlpSpecification(observationSize, options.Hidden, 2 * actionSize) { Activation = options.Activation, Initialization = Initialization.FanIn };
        actor = new Actor(mlp, options, random.Child("actor"));
        temperature = new Temperature(options, options.TargetEntropy ?? -0.5 * actionSize, options.LearningRate);
        (drawStream, subsetStream) = (random.Child("draw"), random.Child("subset"));
        draws = new TanhGaussianBatch(options.BatchSize, actionSize, LogDeviationBound.Clamp);
        subset = [.. Enumerable.Range(0, options.Critics)];
        outputs = new float[options.BatchSize * 2 * actionSize];
        outputGradients = new float[outputs.Length];
        actionGradients = new float[options.BatchSize * actionSize];
        targets = new float[options.BatchSize];
    }

    /// <summary>The ensemble.</summary>
    public ActionValueCritics Critics => critics;

    /// <summary>The actor's parameters and gradients.</summary>
    public ParameterBuffer ActorParameters => actor.Parameters;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        if (actingOutputs.Length != count * 2 * actionSize) { actingOutputs = new float[count * 2 * actionSize]; }
        actor.Network.Forward(observations, count, actingOutputs);
        SquashedGaussianPolicy.Draw(actingOutputs, actionSize, LogDeviationBound.Clamp, random, actions);
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => new SquashedGaussianPolicy(
        new EncodedNetwork(encoder, actor.Network, observationSpace), LogDeviationBound.Clamp, BoundedActions.For(actionSpace, "rlpd"));

    /// <summary>One step of the critics; of the actor and the temperature too in every updatesPerRound-th call.</summary>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        UpdateCritics(batch, metrics);
        if (++updates % options.UpdatesPerRound == 0) { UpdateActor(batch, metrics); }
    }

    /// <summary>
    /// A round on one large batch: its rows are cut into as many slices as there are updates, each for a step of the critics; the last is
    /// the actor's too.
    /// </summary>
    /// <param name="batch">Room for a slice.</param>
    /// <param name="rows">[updates · batch size]: rows of the replay.</param>
    /// <param name="metrics">Hears of losses.</param>
    /// <exception cref="UsageException">The rows cannot be cut into slices.</exception>
    public void Round(ReplayBatch batch, ReadOnlySpan<int> rows, IMetricSink metrics)
    {
        if (rows.Length != options.UpdatesPerRound * batch.Size)
        {
            throw new UsageException($"{rows.Length} rows cannot be cut into {options.UpdatesPerRound} slices of {batch.Size}. Draw updatesPerRound times batchSize rows.");
        }
        for (var start = 0; start < rows.Length; start += batch.Size)
        {
            batch.Take(rows.Slice(start, batch.Size));
            Update(batch, metrics);
        }
    }

    /// <summary>One step of the critics towards y = r + γ (1 - terminated) min over a random subset of Q⁻(s', a'), a' ~ π(s').</summary>
    public void UpdateCritics(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.Forward(batch.NextObservations, batch.Size, outputs);
        draws.Sample(outputs, drawStream);
        // The first places of a shuffle that goes no further are a uniform subset.
        for (var place = 0; place < options.Subset; place++)
        {
            var other = place + subsetStream.NextInt32(subset.Length - place);
            (subset[place], subset[other]) = (subset[other], subset[place]);
        }
        var minimum = critics.TargetMinimumOf(subset.AsSpan(0, options.Subset), batch.NextObservations, draws.Actions);
        var alpha = options.EntropyBackup ? temperature.Value : 0;
        for (var i = 0; i < targets.Length; i++)
        {
            var next = SacLoss.SoftValue(minimum[i], alpha, draws.LogProbabilities[i]);
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], batch.Terminated[i] ? 0 : options.Gamma, next);
        }
        critics.Fit(batch, targets, metrics);
        critics.MoveTargets();
    }

    /// <summary>One step of the actor on mean(α log π - mean Q), then one of the temperature.</summary>
    public void UpdateActor(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.ForwardTraining(batch.Observations, batch.Size, outputs);
        draws.Sample(outputs, drawStream);
        var (alpha, meanLogProbability) = (temperature.Value, 0.0);
        foreach (var logProbability in draws.LogProbabilities) { meanLogProbability += logProbability / batch.Size; }
        var minusMean = critics.DescentInActionsOfMean(batch.Observations, draws.Actions, actionGradients);
        draws.Gradient((float)(alpha / batch.Size), actionGradients, outputGradients);
        actor.Descend(SacLoss.Actor(-minusMean, alpha, meanLogProbability), outputGradients, batch.Size, metrics);
        temperature.Update(meanLogProbability, metrics);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Array<int>(nameof(subset), subset);
        state.Part(nameof(critics), critics);
        actor.Exchange(state);
        state.Part(nameof(temperature), temperature);
        state.Part(nameof(drawStream), drawStream);
        state.Part(nameof(subsetStream), subsetStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        temperature.Dispose();
    }
}
