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
    private readonly List<Func<IPromptSource, IPromptSource>> wraps = [];
    private readonly List<IRewardAugmentation> augmentations = [];
    private readonly List<ICreditTransform> transforms = [];
    private readonly List<ILossTerm> terms = [];
    private readonly List<IRolloutObserver> observers = [];
    private readonly List<(string Method, IReadOnlyList<MethodConflict> Conflicts)> methods = [];
    private readonly Queue<Action<PostTraining>> late = new();
    private PostTrainingOptions options = new();
    private ITokenizer? tokenizer;
    private IReadOnlyList<int>? endTokens;
    private ILanguageModel? reference;
    private RewardGuardOptions guard = new();
    private OverlongShaping? overlong;
    private ulong seed;
    private string name = "custom";

    /// <summary>The model that is trained.</summary>
    public ILanguageModel Model { get; } = model;

    /// <summary>The trainer's options as they are now.</summary>
    public PostTrainingOptions CurrentOptions => options;

    /// <summary>The tokenizer; null without one.</summary>
    public ITokenizer? CurrentTokenizer => tokenizer;

    /// <summary>The rewards so far, by name and weight.</summary>
    public IReadOnlyList<(string Name, double Weight)> Rewards => [.. rewards.Select(entry => (entry.Reward.Name, entry.Weight))];

    /// <summary>The reward of a name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public IReward RewardNamed(string reward) => rewards.Find(entry => entry.Reward.Name == reward).Reward
        ?? throw NearNames.Unknown("reward", reward, rewards.Select(entry => entry.Reward.Name), $"There are: {string.Join(", ", rewards.Select(entry => entry.Reward.Name))}.");

    /// <summary>Whether the credit assigner reads a critic and none was given yet.</summary>
    public bool NeedsCritic => claims.Exists(claim => claim.Part is ICreditAssigner { NeedsCritic: true }) && !claims.Exists(claim => claim.Part is ICritic);

    /// <summary>Which prompts come next.</summary>
    public PostTraining Prompts(IPromptSource source, string? by = null) => Claim("prompts", by ?? source.Name, source);

    /// <summary>These prompts, shuffled in every pass.</summary>
    public PostTraining Prompts(IReadOnlyList<PromptItem> prompts, ulong orderSeed = 0) => Prompts(new ListPromptSource(prompts, RandomStream.Create(orderSeed, "prompts")));

    /// <summary>Puts a source around the one that was given, whatever the order of the calls: it changes prompts, or makes its own of them.</summary>
    public PostTraining WrapPrompts(Func<IPromptSource, IPromptSource> wrap)
    {
        wraps.Add(wrap);
        return this;
    }

    /// <summary>Where responses are drawn.</summary>
    public PostTraining Sampler(ISampler sampler, string by = "sampler") => Claim("sampler", by, sampler);

    /// <summary>Turns responses into text for rewards and sample tables.</summary>
    /// <param name="value">The tokenizer.</param>
    /// <param name="ends">Ids that end a response (<see cref="LanguageModelFolder.EndTokens"/> of a chat model); null for the tokenizer's.</param>
    public PostTraining Tokenizer(ITokenizer value, IReadOnlyList<int>? ends = null)
    {
        (tokenizer, endTokens) = (value, ends);
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

    /// <summary>Changes the mixed rewards of a step before credit is assigned; several apply in their order.</summary>
    public PostTraining Augment(IRewardAugmentation augmentation)
    {
        augmentations.Add(augmentation);
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
    /// <param name="additions">Methods that may be added besides the catalogue's own, e.g. those of papers.</param>
    /// <exception cref="UsageException">A key or option is unknown.</exception>
    public PostTraining Method(string keys, IReadOnlyDictionary<string, string>? settings = null, IReadOnlyList<MethodAddition>? additions = null)
    {
        PostTrainingMethod.Apply(this, keys, settings ?? new Dictionary<string, string>(), additions ?? []);
        return this;
    }

    /// <summary>
    /// Says that a method's parts are in. A method that is in twice, or beside one that it cannot stand beside, is refused when built.
    /// </summary>
    /// <param name="method">Its key, e.g. <c>thr</c>.</param>
    /// <param name="conflicts">The methods it cannot stand beside, and why; one of the two needs to say so.</param>
    public PostTraining Uses(string method, params IReadOnlyList<MethodConflict> conflicts)
    {
        methods.Add((method, conflicts));
        return this;
    }

    /// <summary>Done at the beginning of <see cref="Build"/>, when options and rewards are known, whatever the order of the calls.</summary>
    public PostTraining WhenBuilt(Action<PostTraining> action)
    {
        late.Enqueue(action);
        return this;
    }

    /// <summary>Gives a reward that was added another weight.</summary>
    /// <exception cref="UsageException">There is no reward of that name.</exception>
    public PostTraining Weigh(string reward, double weight)
    {
        var at = rewards.FindIndex(entry => entry.Reward.Name == reward);
        if (at < 0) { throw NearNames.Unknown("reward", reward, rewards.Select(entry => entry.Reward.Name), $"There are: {string.Join(", ", rewards.Select(entry => entry.Reward.Name))}."); }
        rewards[at] = (rewards[at].Reward, weight);
        return this;
    }

    /// <summary>The trainer.</summary>
    /// <exception cref="UsageException">A stage is missing, claimed twice, or does not fit the others.</exception>
    public PostTrainer Build()
    {
        while (late.TryDequeue(out var action)) { action(this); }
        OptionSet.Validated(options, "post-training");
        RequireCompatible();
        foreach (var stage in claims.GroupBy(claim => claim.Stage).Where(stage => stage.Count() > 1))
        {
            throw new UsageException($"{string.Join(" and ", stage.Select(claim => $"'{claim.By}'"))} both decide the {stage.Key}, and there is one. Leave one of them out.");
        }
        // What makes its own prompts adds parts of its own, which are checked with the others.
        var prompts = wraps.Aggregate(Find<IPromptSource>("prompts") ?? throw Missing("the prompts", "Prompts(...)"), (source, wrap) => wrap(source));
        if (rewards.Count == 0) { throw new UsageException("Nothing is rewarded. Add at least one reward with Reward(...)."); }
        if (rewards.Select(entry => entry.Reward.Name).Distinct().Count() < rewards.Count) { throw new UsageException($"Rewards need different names; there are {string.Join(", ", rewards.Select(entry => entry.Reward.Name))}."); }
        var credit = Find<ICreditAssigner>("credit") ?? throw Missing("how rewards become advantages", "Credit(...) or a method such as Grpo()");
        var planner = Find<IRolloutPlanner>("planner") ?? (options.DynamicRounds > 0 ? new DynamicSamplingPlanner(options.GroupSize, options.DynamicRounds) : new FixedPlanner(options.GroupSize));
        if (planner.GroupSize < credit.MinimumGroupSize)
        {
            throw new UsageException($"{credit.Name} compares responses to the same prompt, so it needs at least {credit.MinimumGroupSize} of them; the group size is {planner.GroupSize}. Raise groupSize, or use reinforcepp, which needs no group.");
        }
        foreach (var augmentation in augmentations.Where(augmentation => planner.GroupSize < augmentation.MinimumGroupSize))
        {
            throw new UsageException($"{augmentation.Name} compares responses to the same prompt, so it needs at least {augmentation.MinimumGroupSize} of them; the group size is {planner.GroupSize}. Raise groupSize.");
        }
        if (options.DynamicRounds > 0 && claims.Find(claim => claim.Stage == "planner") is { By: { } planned })
        {
            throw new UsageException($"'{planned}' and dynamic sampling (dynamicRounds {options.DynamicRounds}) both decide the planner, and there is one. Set dynamicRounds=0, or leave '{planned}' out.");
        }
        var critic = Find<ICritic>("critic");
        if (credit.NeedsCritic && critic is null) { throw Missing($"the critic that {credit.Name} reads", "Critic(...)"); }
        var objective = Find<IPolicyObjective>("objective") ?? throw Missing("the surrogate", "Objective(...) or a method such as Grpo()");
        var stages = new PostTrainingStages { Model = Model, Tokenizer = tokenizer, Credit = credit, Objective = objective, Planner = planner, Transforms = transforms, Rewards = Rewards, Options = options };
        object[] all = [planner, credit, .. transforms, objective, .. terms, .. rewards.Select(entry => entry.Reward), .. augmentations, .. observers];
        foreach (var part in all.OfType<IStageCheck>()) { part.Check(stages); }
        var scoresReference = terms.Any(term => term.NeedsReference) || options.RewardKl > 0;
        var needsReference = scoresReference || augmentations.Any(augmentation => augmentation.NeedsReference);
        if (reference is not null && reference.VocabularySize != Model.VocabularySize)
        {
            throw new UsageException($"The reference has {reference.VocabularySize} tokens and the policy {Model.VocabularySize}: they do not share a tokenizer. Give a reference of the policy's own family.");
        }
        return new PostTrainer(new PostTrainerParts
        {
            Name = name,
            Model = Model,
            Reference = reference ?? (needsReference ? Frozen.CopyOf(Model) : null),
            OwnsReference = reference is null,
            ScoresReference = scoresReference || reference is not null,
            Prompts = prompts,
            Sampler = Find<ISampler>("sampler") ?? LocalSamplers.For(Model, tokenizer),
            Tokenizer = tokenizer,
            EndTokens = endTokens ?? tokenizer?.EndTokens ?? [],
            Planner = planner,
            Mixer = new RewardMixer(rewards, guard, overlong),
            Augmentations = augmentations,
            Credit = credit,
            Transforms = transforms,
            Objective = objective,
            TrustRegion = Find<TrustRegionOptions>("optimiser"),
            Terms = terms,
            Critic = critic,
            Observers = observers,
            Options = options,
            Seed = seed,
        });
    }

    private void RequireCompatible()
    {
        if (methods.GroupBy(entry => entry.Method).FirstOrDefault(same => same.Count() > 1) is { } twice) { throw new UsageException($"The method '{twice.Key}' is added {twice.Count()} times. Add it once."); }
        foreach (var (method, conflicts) in methods)
        {
            if (conflicts.FirstOrDefault(conflict => methods.Exists(other => other.Method == conflict.Method)) is { } conflict)
            {
                throw new UsageException($"'{method}' and '{conflict.Method}' cannot be combined: {conflict.Because}. Leave one of them out.");
            }
        }
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
