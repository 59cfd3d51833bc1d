using Bellman.Algorithms;
using Bellman.Neural;

namespace Bellman.Papers.Mentor;

/// <summary>
/// The learning half of <see cref="MentorAgent"/>: DrQ-v2's critics and actor, DrM's dormant-ratio schedules and value of the best seen actions, a
/// mixture of experts in the actor, and perturbations.
/// </summary>
public sealed class MentorLearner : IOffPolicyLearner
{
    private const string ActorModule = "actor";
    private const string CriticModule = "critic";
    private const string TargetModule = "target";
    private const string ValueModule = "value";
    private const string Mixture = "actor.mixture.";

    private readonly MentorOptions options;
    private readonly NetworkGroup valueNetworks;
    private readonly INetwork value;
    private readonly Adam valueOptimizer;
    private readonly IPerturbation? perturbation;
    private readonly RandomStream perturbationStream;
    private readonly RandomStream dropoutStream;
    private readonly DormantNeurons probe = new();
    private readonly float[] values;
    private readonly float[] valueGradients;
    private readonly float[] targets;
    private readonly double[] discounts;
    private long updates;
    private long perturbations;
    private double dormant = 1;

    /// <summary>A learner with its initial weights.</summary>
    public MentorLearner(PixelView view, int actionSize, MentorOptions options, RandomStream random)
    {
        this.options = options;
        Networks = new PixelActorCritic(view, actionSize, options, features => options.Mixture ? MixtureActor(features, actionSize, options) : PixelActorCritic.PlainActor(features, actionSize, options), random);
        valueNetworks = NetworkGroup.Create(random.Child("value"), new NetworkOptions { Engine = options.Engine, Threads = Math.Min(options.Threads, 256) }, new ChainPart(ValueModule,
        [
            PixelCritics.Trunk("value.trunk", Networks.FeatureSize, options),
            new MlpPart("value.head", new MlpSpecification(options.Features, options.Hidden, 1) { Activation = Activation.Relu, HiddenGain = 1 }),
        ]));
        value = valueNetworks[ValueModule];
        valueOptimizer = new Adam(valueNetworks.Parameters, new AdamOptions { LearningRate = options.CriticLearningRate ?? options.LearningRate });
        Snapshots = new SnapshotSet(options.Snapshots, (ActorModule, Networks.Actor), (CriticModule, Networks.Critics.Networks), (TargetModule, Networks.Critics.Targets), (ValueModule, valueNetworks));
        perturbation = options.Perturbation switch
        {
            PerturbationKind.Random => new RandomPerturbation(),
            PerturbationKind.TaskOriented => new TaskOrientedPerturbation(Snapshots),
            _ => null,
        };
        perturbationStream = random.Child("perturbation");
        dropoutStream = random.Child("dropout");
        values = new float[options.BatchSize];
        valueGradients = new float[options.BatchSize];
        targets = new float[options.BatchSize];
        discounts = [.. Enumerable.Range(0, options.MultiStep + 1).Select(k => Math.Pow(options.Gamma, k))];
    }

    /// <summary>Encoder, critics and actor.</summary>
    public PixelActorCritic Networks { get; }

    /// <summary>The weights after the best episodes.</summary>
    public SnapshotSet Snapshots { get; }

    /// <summary>β: the share of dormant neurons of the actor in the last update; 1 before the first.</summary>
    public double Dormant => dormant;

    /// <summary>Perturbations so far that found something to move to.</summary>
    public long Perturbations => perturbations;

    /// <summary>Whether the next update begins with a perturbation.</summary>
    public bool PerturbsNext => perturbation is not null && (updates + 1) % options.PerturbEvery == 0;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => Networks.Critics.Errors;

    /// <summary>
    /// h = trunk(o), x = relu(linear(h)), y = relu(mixture(x)), mu = tanh(linear(y)).
    /// </summary>
    public static NetworkPart MixtureActor(int features, int actionSize, MentorOptions options) => new ChainPart(ActorModule,
    [
        PixelCritics.Trunk("actor.trunk", features, options),
        new MlpPart("actor.hidden", new MlpSpecification(options.Features, [], options.Hidden[0]) { OutputActivation = Activation.Relu }),
        new MixtureOfExpertsPart("actor.mixture", options.Hidden[0], options.Experts, options.ActiveExperts, options.ExpertWidth, options.GateWidth)
        {
            Rectified = true,
            Dropout = options.GateDropout,
            Loss = options.GateLoss,
            LossWeight = options.GateLossWeight,
        },
        new MlpPart("actor.mean", new MlpSpecification(options.Hidden[0], [], actionSize) { OutputActivation = Activation.Tanh }),
    ]);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        Networks.Act(observations, count, actions);
        var deviation = DormantSchedules.Noise(dormant, options);
        foreach (ref var action in actions) { action = Math.Clamp((float)(action + deviation * random.NextGaussian()), -1, 1); }
    }

    /// <summary>Takes in the score of an episode that ended.</summary>
    public void EpisodeEnded(double score) => Snapshots.Offer(score);

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        if (++updates % options.PerturbEvery == 0) { Perturb(metrics); }
        Networks.Encode(batch);
        if ((Networks.ActorNetwork as IDescribedNetwork)?.Describe() is { } description) { dormant = probe.Ratio(description, Networks.Features, batch.Size, options.DormantThreshold); }
        var deviation = DormantSchedules.Noise(dormant, options);
        FitValue(batch, metrics);
        FitCritics(batch, deviation, metrics);
        (Networks.ActorNetwork as INoisyNetwork)?.DrawNoise(dropoutStream);
        Networks.FitActor(deviation, options.ActorGradientNorm, metrics);
        (Networks.ActorNetwork as INoisyNetwork)?.SilenceNoise();
        Networks.Critics.MoveTargets();
        metrics.Add("mentor/dormant", dormant);
        metrics.Add("train/noise", deviation);
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new PixelPolicy(encoder, Networks, BoundedActions.For(actionSpace, "mentor"));

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Value(nameof(perturbations), ref perturbations);
        state.Value(nameof(dormant), ref dormant);
        state.Part("networks", Networks);
        state.Part(nameof(valueNetworks), valueNetworks);
        state.Part(nameof(valueOptimizer), valueOptimizer);
        state.Part("snapshots", Snapshots);
        state.Part(nameof(perturbationStream), perturbationStream);
        state.Part(nameof(dropoutStream), dropoutStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Networks.Dispose();
        valueNetworks.Dispose();
    }

    /// <summary>V climbs to an upper expectile of min Q at the actions of the batch; only V learns from it.</summary>
    private void FitValue(ReplayBatch batch, IMetricSink metrics)
    {
        var minimum = Networks.Critics.Minimum(Networks.Features, batch.Actions);
        value.ForwardTraining(Networks.Features, batch.Size, values);
        var loss = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            var (own, derivative) = DormantSchedules.Expectile(values[i] - minimum[i], options.Expectile);
            loss += own / batch.Size;
            valueGradients[i] = (float)(derivative / batch.Size);
        }
        valueNetworks.Parameters.ClearGradients();
        value.Backward(valueGradients, batch.Size, default);
        metrics.Add("loss/value", loss);
        valueNetworks.Parameters.ClipGradients(options.MaximumGradientNorm);
        valueOptimizer.Step();
    }

    /// <summary>y = R + D (λ V(o') + (1 - λ) min Q⁻(o', a')).</summary>
    private void FitCritics(ReplayBatch batch, double deviation, IMetricSink metrics)
    {
        var exploit = DormantSchedules.Exploitation(dormant, options);
        value.Forward(Networks.NextFeatures, batch.Size, values);
        var next = Networks.TargetValues(deviation);
        for (var i = 0; i < batch.Size; i++)
        {
            var discount = batch.Terminated[i] ? 0 : discounts[batch.Steps[i]];
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], discount, exploit * values[i] + (1 - exploit) * next[i]);
        }
        metrics.Add("mentor/exploitation", exploit);
        Networks.FitCritics(batch, targets, metrics);
    }

    /// <summary>Each module towards draws of its own, by one share; optimisers forget. A convolutional encoder has no dense layer: only its optimiser does.</summary>
    private void Perturb(IMetricSink metrics)
    {
        if (perturbation is null) { return; }
        var kept = DormantSchedules.Kept(dormant, options);
        if (options is { DoublePass: true, Perturbation: PerturbationKind.TaskOriented, Mixture: true } && Snapshots.Count >= 2)
        {
            new RandomPerturbation().Apply(ActorModule, Networks.Actor, kept, perturbationStream, name => name.StartsWith(Mixture, StringComparison.Ordinal));
        }
        if (!perturbation.Apply(ActorModule, Networks.Actor, kept, perturbationStream)) { return; }
        perturbation.Apply(CriticModule, Networks.Critics.Networks, kept, perturbationStream);
        perturbation.Apply(TargetModule, Networks.Critics.Targets, kept, perturbationStream);
        perturbation.Apply(ValueModule, valueNetworks, kept, perturbationStream);
        Networks.ActorOptimizer.Clear();
        Networks.Critics.Optimizer.Clear();
        Networks.EncoderOptimizer.Clear();
        valueOptimizer.Clear();
        perturbations++;
        metrics.Add("mentor/kept", kept);
    }
}
