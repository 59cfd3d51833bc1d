namespace Bellman.Algorithms.Imitation;

/// <summary>
/// Imitation of an expert who can be asked in the states that the imitator meets: play a few episodes, add what the expert said to all data so
/// far, fit the policy to it by behaviour cloning, play again. Who acts and what is cloned is the rule's: <see cref="DAggerRule"/>,
/// <see cref="GatedRule"/>. Rewards are never read.
/// </summary>
public sealed class InteractiveImitation : IAgent
{
    private const double MissedDecay = 0.1;

    private readonly IEnvironment environment;
    private readonly ImitationOptions options;
    private readonly IImitationRule rule;
    private readonly ObservationEncoder encoder;
    private readonly BoundedActions? bounds;
    private readonly IOffPolicyLearner learner;
    private readonly ReplayBuffer data;
    private readonly ReplayBatch batch;
    private readonly UniformSampler sampler = new();
    private readonly RandomStream episodeStream;
    private readonly RandomStream actionStream;
    private readonly RandomStream batchStream;
    private long steps;
    private long rounds;
    private long episodes;

    /// <summary>An imitator that plays in <paramref name="environment"/>.</summary>
    /// <param name="algorithm">Its name on the command line.</param>
    /// <param name="environment">One copy, whose episodes end.</param>
    /// <param name="rule">Who acts and what is cloned.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="initial">Data to begin with; null for none.</param>
    /// <exception cref="UsageException">The actions are neither Discrete nor a Box with finite bounds, or the data does not fit.</exception>
    public InteractiveImitation(string algorithm, IEnvironment environment, IImitationRule rule, ImitationOptions options, ulong seed, OfflineDataset? initial = null)
    {
        (Algorithm, this.environment, this.rule, this.options) = (algorithm, environment, rule, options);
        var random = RandomStream.Create(seed, algorithm);
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        (bounds, learner) = environment.ActionSpace is Discrete { Count: var count }
            ? ((BoundedActions?)null, (IOffPolicyLearner)new DiscreteBehaviourCloning(encoder.Size, count, options.Cloning, random))
            : (BoundedActions.For(environment.ActionSpace, algorithm), new BehaviourCloning(encoder.Size, environment.ActionSpace.Size, options.Cloning, random));
        data = new ReplayBuffer(options.BufferSize, environment.ObservationSpace.Size, environment.ActionSpace.Size);
        batch = new ReplayBatch(data, encoder, options.BatchSize);
        (episodeStream, actionStream, batchStream) = (random.Child("episodes"), random.Child("actions"), random.Child("batch"));
        Policy = learner.CreatePolicy(encoder, environment.ObservationSpace, environment.ActionSpace);
        if (initial is not null) { AddInitial(initial); }
    }

    /// <summary>DAgger.</summary>
    /// <param name="environment">One copy.</param>
    /// <param name="expert">The expert.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="initial">Data to begin with; null for none.</param>
    public static InteractiveImitation DAgger(IEnvironment environment, IPolicy expert, DAggerOptions options, ulong seed, OfflineDataset? initial = null)
    {
        OptionSet.Validated(options, "algorithm dagger");
        return new("dagger", environment, new DAggerRule(expert, options.Mixture, options.Labelled, options.SampleExpert), options, seed, initial);
    }

    /// <summary>HG-DAgger with an expert that takes over where the imitator's action is far from its own.</summary>
    /// <inheritdoc cref="DAgger"/>
    public static InteractiveImitation HgDAgger(IEnvironment environment, IPolicy expert, HgDAggerOptions options, ulong seed, OfflineDataset? initial = null)
    {
        OptionSet.Validated(options, "algorithm hg-dagger");
        var source = new DistanceInterventions(expert, environment.ActionSpace, options.Threshold, options.SampleExpert);
        // ε = ε_0 e^{-0.1 n} after n episodes
        return new("hg-dagger", environment, new GatedRule(source, options.TakeOverSteps, options.CloneAll, episode => source.Missed = options.Missed * Math.Exp(-MissedDecay * episode)), options, seed, initial);
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

    /// <summary>States with a label so far.</summary>
    public int Labelled => data.Count;

    /// <summary>Plays a round of episodes and fits the policy to all data.</summary>
    public void Advance(IMetricSink metrics)
    {
        var (played, byExpert) = (0, 0);
        for (var episode = 0; episode < options.EpisodesPerRound; episode++)
        {
            var (length, expert) = PlayEpisode(metrics);
            (played, byExpert) = (played + length, byExpert + expert);
        }
        metrics.Add("train/expert_share", (double)byExpert / played);
        metrics.Add("train/labelled", data.Count);
        rounds++;
        if (data.Count == 0) { return; }
        Fit(options.UpdatesPerRound, metrics);
    }

    /// <summary>Fits the policy to the data as it is: behaviour cloning.</summary>
    public void Fit(int updates, IMetricSink metrics)
    {
        for (var update = 0; update < updates; update++)
        {
            batch.Draw(sampler, batchStream);
            learner.Update(batch, metrics);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(rounds), ref rounds);
        state.Value(nameof(episodes), ref episodes);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(learner), learner);
        state.Part(nameof(data), data);
        state.Part(nameof(rule), rule);
        state.Part(nameof(episodeStream), episodeStream);
        state.Part(nameof(actionStream), actionStream);
        state.Part(nameof(batchStream), batchStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        learner.Dispose();
        environment.Find<IDisposable>()?.Dispose();
    }

    private (int Length, int ByExpert) PlayEpisode(IMetricSink metrics)
    {
        var (observation, next) = (new float[ObservationSpace.Size], new float[ObservationSpace.Size]);
        var (proposed, executed, label, inner) = (new float[ActionSpace.Size], new float[ActionSpace.Size], new float[ActionSpace.Size], new float[ActionSpace.Size]);
        environment.Reset(episodeStream, observation);
        rule.BeginEpisode(rounds, episodes);
        var (length, byExpert, total) = (0, 0, 0.0);
        StepResult result = default;
        while (!result.Done)
        {
            encoder.Observe(observation, 1);
            Policy.Act(observation, 1, proposed, null);
            var step = rule.Step(observation, proposed, executed, label, actionStream);
            result = environment.Step(executed, episodeStream, next);
            if (step.Cloned)
            {
                Inner(label, inner);
                data.Add(observation, inner, 0, next, result.Terminated);
            }
            next.CopyTo(observation, 0);
            (length, byExpert, total) = (length + 1, byExpert + (step.Expert ? 1 : 0), total + result.Reward);
        }
        episodes++;
        steps += length;
        metrics.Episode(total, length);
        return (length, byExpert);
    }

    private void AddInitial(OfflineDataset initial)
    {
        initial.RequireSpaces(ObservationSpace, ActionSpace);
        var inner = new float[ActionSpace.Size];
        for (var row = 0; row < initial.Count; row++)
        {
            var observation = initial.Observations.AsSpan(row * ObservationSpace.Size, ObservationSpace.Size);
            encoder.Observe(observation, 1);
            Inner(initial.Actions.AsSpan(row * ActionSpace.Size, ActionSpace.Size), inner);
            data.Add(observation, inner, 0, initial.NextObservations.AsSpan(row * ObservationSpace.Size, ObservationSpace.Size), initial.Terminated[row]);
        }
    }

    private void Inner(ReadOnlySpan<float> element, Span<float> action)
    {
        if (bounds is null) { element.CopyTo(action); } else { bounds.FromEnvironment(element, action); }
    }
}
