namespace Bellman.Algorithms;

/// <summary>
/// DrQ-v2 (Yarats et al. 2022, "Mastering visual continuous control: improved data-augmented reinforcement learning"): a deterministic
/// actor-critic over pictures that are shifted at random in every update, with n-step returns and noise that shrinks by schedule.
/// </summary>
public sealed class DrqV2 : OffPolicyAgent
{
    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="sampler">Who is drawn from replay; null for everyone alike.</param>
    /// <exception cref="UsageException">An option is out of range, the observations are no square pictures, or the actions are not a Box with finite bounds.</exception>
    public DrqV2(VectorEnvironment environment, DrqOptions options, ulong seed, IReplaySampler? sampler = null)
        : base(
            "drq-v2", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm drq-v2"), seed,
            (_, random) => new DrqLearner(new PixelView(environment.ObservationSpace, "drq-v2"), BoundedActions.For(environment.ActionSpace, "drq-v2").Size, options, random), sampler)
    {
    }
}

/// <summary>The learning half of <see cref="DrqV2"/>.</summary>
public sealed class DrqLearner : IOffPolicyLearner
{
    private readonly DrqOptions options;
    private readonly PixelActorCritic networks;
    private readonly LinearSchedule deviation;
    private readonly DiscountPowers discounts;
    private readonly float[] targets;
    private long acted;

    /// <summary>A learner with its initial weights.</summary>
    public DrqLearner(PixelView view, int actionSize, DrqOptions options, RandomStream random)
    {
        this.options = options;
        networks = new PixelActorCritic(view, actionSize, options, features => PixelActorCritic.PlainActor(features, actionSize, options), random);
        deviation = new LinearSchedule(options.NoiseStart, options.NoiseEnd, options.NoiseSteps);
        discounts = new DiscountPowers(options.Gamma, options.MultiStep);
        targets = new float[options.BatchSize];
    }

    /// <summary>Deviation of the noise now.</summary>
    public double Deviation => deviation.Value(options.LearningStarts + acted);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => networks.Critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        networks.Act(observations, count, actions);
        foreach (ref var action in actions) { action = Math.Clamp((float)(action + Deviation * random.NextGaussian()), -1, 1); }
        acted += count;
    }

    /// <summary>y = r + γ^n min Q⁻(o', a'); critics and encoder, then the actor, then the targets.</summary>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        networks.Encode(batch);
        var next = networks.TargetValues(Deviation);
        for (var i = 0; i < targets.Length; i++) { targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], discounts.Of(batch, i), next[i]); }
        networks.FitCritics(batch, targets, metrics);
        networks.FitActor(Deviation, options.MaximumGradientNorm, metrics);
        networks.Critics.MoveTargets();
        metrics.Add("train/noise", Deviation);
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new PixelPolicy(encoder, networks, BoundedActions.For(actionSpace, "drq-v2"));

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(acted), ref acted);
        state.Part(nameof(networks), networks);
    }

    /// <inheritdoc/>
    public void Dispose() => networks.Dispose();
}
