namespace Bellman.Language;

/// <summary>
/// Builds a <see cref="PostTrainer"/> from parts. A method is one or a few parts; methods combine, unless two of them claim
/// the same stage of which there is only one: that is refused when built, by name.
/// </summary>
/// <example>
/// <code>
/// using var trainer = new PostTraining(model)
///     .Prompts(prompts)
///     .Reward(new FunctionReward("right", rollout => task.Reward(rollout.Context, rollout.Tokens)))
///     .Grpo(groupSize: 8)
///     .Add(new EntropyTerm())
///     .Build();
/// </code>
/// </example>
public sealed class PostTraining(ILanguageModel model)
{
    private readonly List<(string Stage, string By, object Part)> claims = [];
    private readonly List<(IReward Reward, double Weight)> rewards = [];
    private readonly List<ICreditTransform> transforms = [];
    private readonly List<ILossTerm> terms = [];
    private readonly List<IRolloutObserver> observers = [];
    private PostTrainingOptions options = new();
    private ITokenizer? tokenizer;
    private ILanguageModel? reference;
    private RewardGuardOptions guard = new();
    private OverlongShaping? overlong;
    private ulong seed;
    private string name = "custom";

    /// <summary>The model that is trained.</summary>
    public ILanguageModel Model { get; } = model;

    /// <summary>Whether the credit assigner reads a critic and none was given yet.</summary>
    public bool NeedsCritic => claims.Exists(claim => claim.Part is ICreditAssigner { NeedsCritic: true }) && !claims.Exists(claim => claim.Part is ICritic);

    /// <summary>Which prompts come next.</summary>
    public PostTraining Prompts(IPromptSource source, string? by = null) => Claim("prompts", by ?? source.Name, source);

    /// <summary>These prompts, shuffled in every pass.</summary>
    public PostTraining Prompts(IReadOnlyList<PromptItem> prompts, ulong orderSeed = 0) => Prompts(new ListPromptSource(prompts, RandomStream.Create(orderSeed, "prompts")));

    /// <summary>Where responses are drawn.</summary>
    public PostTraining Sampler(ISampler sampler, string by = "sampler") => Claim("sampler", by, sampler);

    /// <summary>Turns responses into text for rewards and sample tables, and names the end tokens.</summary>
    public PostTraining Tokenizer(ITokenizer value)
    {
        tokenizer = value;
        return this;
    }

    /// <summary>How many rollouts each prompt gets, in place of <see cref="PostTrainingOptions.GroupSize"/> for each.</summary>
    public PostTraining Planner(IRolloutPlanner planner, string? by = null) => Claim("planner", by ?? planner.Name, planner);

    /// <summary>Another component of the reward, by its weight; 0 only measures it.</summary>
    public PostTraining Reward(IReward reward, double weight = 1)
    {
        rewards.Add((reward, weight));
        return this;
    }

    /// <summary>How rewards become advantages.</summary>
    public PostTraining Credit(ICreditAssigner assigner, string? by = null) => Claim("credit", by ?? assigner.Name, assigner);

    /// <summary>Reshapes advantages; several apply in their order.</summary>
    public PostTraining Transform(ICreditTransform transform)
    {
        transforms.Add(transform);
        return this;
    }

    /// <summary>The surrogate.</summary>
    public PostTraining Objective(IPolicyObjective objective, string? by = null) => Claim("objective", by ?? objective.Name, objective);

    /// <summary>Steps within a bound on the divergence, in place of Adam on the surrogate.</summary>
    public PostTraining TrustRegion(TrustRegionOptions value, string by = "opt.trpo") => Claim("optimiser", by, OptionSet.Validated(value, "the trust region"));

    /// <summary>Something added to the surrogate.</summary>
    public PostTraining Add(ILossTerm term)
    {
        terms.Add(term);
        return this;
    }

    /// <summary>A critic, for credit assigners that read one.</summary>
    public PostTraining Critic(ICritic critic, string by = "critic") => Claim("critic", by, critic);

    /// <summary>The frozen reference; a copy of the model as it is when built, unless given, where a part needs one.</summary>
    public PostTraining Reference(ILanguageModel value)
    {
        reference = value;
        return this;
    }

    /// <summary>Bounds on rewards.</summary>
    public PostTraining Guard(RewardGuardOptions value)
    {
        guard = OptionSet.Validated(value, "the reward guard");
        return this;
    }

    /// <summary>The soft punishment of overlong responses.</summary>
    public PostTraining Overlong(OverlongShaping value)
    {
        overlong = OptionSet.Validated(value, "the overlong shaping");
        return this;
    }

    /// <summary>Sees every step's rollouts: sample tables, monitors.</summary>
    public PostTraining Observe(IRolloutObserver observer)
    {
        observers.Add(observer);
        return this;
    }

    /// <summary>Changes the options.</summary>
    public PostTraining Options(Func<PostTrainingOptions, PostTrainingOptions> change)
    {
        options = change(options);
        return this;
    }

    /// <summary>Seed of every draw.</summary>
    public PostTraining Seed(ulong value)
    {
        seed = value;
        return this;
    }

    /// <summary>What the trainer is called in runs.</summary>
    public PostTraining Named(string value)
    {
        name = value;
        return this;
    }

    /// <summary>GRPO: advantages within a group, clipped surrogate, two passes.</summary>
    public PostTraining Grpo(int groupSize = 8) => Method("grpo").Options(o => o with { GroupSize = groupSize });

    /// <summary>A method by its key (<see cref="PostTrainingMethod.All"/>), with additions: <c>grpo+entropy</c>.</summary>
    /// <param name="keys">A method and additions, joined by plus signs.</param>
    /// <param name="settings">Options of the method's parts (<c>loss.clipHigh</c>, <c>adv.epsilon</c>, <c>kl.coefficient</c>) and of the trainer.</param>
    /// <exception cref="UsageException">A key or option is unknown.</exception>
    public PostTraining Method(string keys, IReadOnlyDictionary<string, string>? settings = null)
    {
        PostTrainingMethod.Apply(this, keys, settings ?? new Dictionary<string, string>());
        return this;
    }

    /// <summary>The trainer.</summary>
    /// <exception cref="UsageException">A stage is missing, claimed twice, or does not fit the others.</exception>
    public PostTrainer Build()
    {
        OptionSet.Validated(options, "post-training");
        foreach (var stage in claims.GroupBy(claim => claim.Stage).Where(stage => stage.Count() > 1))
        {
            throw new UsageException($"{string.Join(" and ", stage.Select(claim => $"'{claim.By}'"))} both decide the {stage.Key}, and there is one. Leave one of them out.");
        }
        if (rewards.Count == 0) { throw new UsageException("Nothing is rewarded. Add at least one reward with Reward(...)."); }
        if (rewards.Select(entry => entry.Reward.Name).Distinct().Count() < rewards.Count) { throw new UsageException($"Rewards need different names; there are {string.Join(", ", rewards.Select(entry => entry.Reward.Name))}."); }
        var credit = Find<ICreditAssigner>("credit") ?? throw Missing("how rewards become advantages", "Credit(...) or a method such as Grpo()");
        var planner = Find<IRolloutPlanner>("planner") ?? (options.DynamicRounds > 0 ? new DynamicSamplingPlanner(options.GroupSize, options.DynamicRounds) : new FixedPlanner(options.GroupSize));
        if (planner.GroupSize < credit.MinimumGroupSize)
        {
            throw new UsageException($"{credit.Name} compares responses to the same prompt, so it needs at least {credit.MinimumGroupSize} of them; the group size is {planner.GroupSize}. Raise groupSize, or use reinforcepp, which needs no group.");
        }
        var critic = Find<ICritic>("critic");
        if (credit.NeedsCritic && critic is null) { throw Missing($"the critic that {credit.Name} reads", "Critic(...)"); }
        var needsReference = terms.Any(term => term.NeedsReference) || options.RewardKl > 0;
        return new PostTrainer(new PostTrainerParts
        {
            Name = name,
            Model = Model,
            Reference = reference ?? (needsReference ? Frozen.CopyOf(Model) : null),
            OwnsReference = reference is null,
            Prompts = Find<IPromptSource>("prompts") ?? throw Missing("the prompts", "Prompts(...)"),
            Sampler = Find<ISampler>("sampler") ?? LocalSamplers.For(Model, tokenizer),
            Tokenizer = tokenizer,
            Planner = planner,
            Mixer = new RewardMixer(rewards, guard, overlong),
            Credit = credit,
            Transforms = transforms,
            Objective = Find<IPolicyObjective>("objective") ?? throw Missing("the surrogate", "Objective(...) or a method such as Grpo()"),
            TrustRegion = Find<TrustRegionOptions>("optimiser"),
            Terms = terms,
            Critic = critic,
            Observers = observers,
            Options = options,
            Seed = seed,
        });
    }

    private PostTraining Claim(string stage, string by, object part)
    {
        claims.Add((stage, by, part));
        return this;
    }

    private T? Find<T>(string stage) where T : class => claims.Where(claim => claim.Stage == stage).Select(claim => (T)claim.Part).SingleOrDefault();

    private static UsageException Missing(string what, string how) => new($"Post-training lacks {what}. Add {how} before Build().");
}

/// <summary>The sampler of a model that runs in this process.</summary>
internal static class LocalSamplers
{
    public static ISampler For(ILanguageModel model, ITokenizer? tokenizer) => model switch
    {
        TabularLanguageModel table => new TabularSampler(table),
        Transformer transformer => new LocalSampler(transformer, tokenizer),
        _ => throw new UsageException($"There is no sampler for a {model.GetType().Name}{(tokenizer is null ? "" : " with a tokenizer")}. Give one with Sampler(...)."),
    };
}
