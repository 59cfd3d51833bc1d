namespace Bellman.Language;

/// <summary>A named method: which credit, which surrogate, and the options they are usually used with.</summary>
/// <param name="Key">As in <c>--method grpo</c>.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Credit">Key of the credit assigner, options after a question mark.</param>
/// <param name="Objective">Key of the surrogate, options after a question mark.</param>
public sealed record PostTrainingMethod(string Key, string Summary, string Credit, string Objective)
{
    private const string Sequence = "loss.pg";
    private const string TokenMean = "loss.pg?reduction=tokenMean";

    /// <summary>The trainer's options, in the order of <c>name=value&amp;name=value</c>.</summary>
    public string Options { get; init; } = "";

    /// <summary>Weight of the k3 divergence in the loss; 0 leaves it out.</summary>
    public double LossKl { get; init; }

    /// <summary>Terms added, by key, options after a question mark.</summary>
    public IReadOnlyList<string> Terms { get; init; } = [];

    /// <summary>Whether the policy moves by trust-region steps.</summary>
    public bool TrustRegion { get; init; }

    /// <summary>Every method.</summary>
    public static IReadOnlyList<PostTrainingMethod> All { get; } =
    [
        new("grpo", "Group-relative advantages, clipped surrogate.", "adv.group.grpo", "loss.ppo") { Options = "epochs=2", LossKl = 0.001 },
        new("drgrpo", "GRPO without its two biases: no deviation, no length normalisation.", "adv.group.drgrpo", "loss.ppo?reduction=sequenceSumNorm") { Options = "epochs=2" },
        new("dapo", "Clip-higher, token mean, dynamic sampling; +overlong for its length shaping.", "adv.group.grpo", "loss.ppo?reduction=tokenMean&clipHigh=0.28") { Options = "epochs=2&dynamicRounds=1" },
        new("gspo", "One clipped ratio a sequence.", "adv.group.grpo", "loss.gspo") { Options = "epochs=2" },
        new("cispo", "Clipped importance weights.", "adv.group.grpo", "loss.cispo") { Options = "epochs=2" },
        new("gmpo", "Geometric mean of clipped ratios.", "adv.group.grpo", "loss.gmpo") { Options = "epochs=2" },
        new("sapo", "A smooth gate in place of the clip.", "adv.group.grpo", "loss.sapo") { Options = "epochs=2" },
        new("rloo", "Leave-one-out baseline, plain policy gradient.", "adv.group.rloo", Sequence),
        new("reinforce", "Plain policy gradient with the batch's mean as baseline.", "adv.reinforce", Sequence),
        new("reinforcepp", "Globally whitened token returns, clipped surrogate.", "adv.reinforcepp", "loss.ppo?reduction=tokenMean") { Options = "epochs=2" },
        new("reinforcepp_baseline", "The same after subtracting the group's mean.", "adv.reinforcepp?groupBaseline=true", "loss.ppo?reduction=tokenMean") { Options = "epochs=2" },
        new("remax", "The greedy response as baseline.", "adv.remax", Sequence),
        new("opo", "Length-weighted baseline, exactly on-policy.", "adv.group.opo", Sequence),
        new("gpg", "Plain group policy gradient.", "adv.group.gpg", TokenMean),
        new("passk", "Pays the best of a group.", "adv.group.passk", "loss.ppo") { Options = "epochs=2" },
        new("ppo", "Critic, generalised advantages, clipped surrogate.", "adv.gae", "loss.ppo?reduction=tokenMean") { Options = "epochs=2", Terms = ["term.value"] },
        new("a2c", "Critic, generalised advantages, plain policy gradient, entropy bonus.", "adv.gae", TokenMean) { Terms = ["term.value", "term.entropy?coefficient=0.001"] },
        new("vapo", "Decoupled traces, clip-higher, imitation of correct responses.", "adv.vapo", "loss.ppo?reduction=tokenMean&clipHigh=0.28") { Options = "epochs=2", Terms = ["term.value?clip=none", "term.nll_correct"] },
        new("trpo", "A natural-gradient step within a bound on the divergence.", "adv.group.rloo", TokenMean) { TrustRegion = true },
        new("prm", "Process rewards compared within a group.", "adv.prm", "loss.ppo") { Options = "epochs=2" },
        new("prime", "Implicit process rewards and outcomes.", "adv.prime", "loss.ppo?reduction=tokenMean") { Options = "epochs=2" },
        new("cotro", "Chain-of-thought rewards, reward to go.", "adv.cotro", Sequence),
        new("obrl", "Outcome-based: the reward itself weighs the response.", "adv.reinforce?baseline=false", Sequence),
        new("archer", "Critics over turns learn from a replay; their advantages weigh the plain policy gradient.", "value.archer", Sequence),
        new("gdpo", "Several rewards, each normalised on its own.", "moo.gdpo", "loss.ppo") { Options = "epochs=2" },
    ];

    private static readonly Dictionary<string, string> Additions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["entropy"] = "term.entropy",
        ["nll"] = "term.nll_correct",
        ["kl"] = "term.kl",
        ["overlong"] = "",
        ["dynamic"] = "",
    };

    /// <summary>The method with this key.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest.</exception>
    public static PostTrainingMethod Find(string key) => Find(key, []);

    private static PostTrainingMethod Find(string key, IReadOnlyList<MethodAddition> more)
    {
        string[] additions = [.. Additions.Keys, .. more.Select(addition => addition.Key)];
        return All.FirstOrDefault(method => method.Key.Equals(key, StringComparison.OrdinalIgnoreCase))
            ?? throw NearNames.Unknown("method", key, [.. All.Select(method => method.Key), .. additions], $"There are: {string.Join(", ", All.Select(method => method.Key))}; additions with +: {string.Join(", ", additions)}.");
    }

    internal static void Apply(PostTraining builder, string keys, IReadOnlyDictionary<string, string> settings, IReadOnlyList<MethodAddition> more)
    {
        var names = keys.Split('+', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names.Length == 0) { throw new UsageException($"Which method? There are: {string.Join(", ", All.Select(method => method.Key))}."); }
        var given = new Settings(settings);
        foreach (var name in names)
        {
            if (Additions.TryGetValue(name, out var term)) { Extend(builder, name.ToLowerInvariant(), term, given); }
            else if (more.FirstOrDefault(addition => addition.Key.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } addition) { addition.Apply(builder, given.Of(addition.Key)); }
            else { Find(name, more).Apply(builder, given); }
        }
        var trainer = OptionSet.Of<PostTrainingOptions>("post-training");
        builder.Options(options => (PostTrainingOptions)given.Over(trainer, options)).Named(keys);
        given.RequireAllUsed(trainer, more);
    }

    private void Apply(PostTraining builder, Settings given)
    {
        builder.Options(options => (PostTrainingOptions)Settings.Over(OptionSet.Of<PostTrainingOptions>("post-training"), options, Pairs(Options)));
        builder.Credit(Create<ICreditAssigner>(Credit, given.Of("adv")), Key);
        builder.Objective(Create<IPolicyObjective>(Objective, given.Of("loss")), Key);
        foreach (var term in Terms) { builder.Add(Create<ILossTerm>(term, given.Of(Path(term)))); }
        var kl = given.Of("kl");
        if (LossKl > 0 || kl.Count > 0) { builder.Add(Create<ILossTerm>($"term.kl?coefficient={LossKl.ToString(System.Globalization.CultureInfo.InvariantCulture)}", kl)); }
        if (TrustRegion) { builder.TrustRegion(OptionSet.Of<TrustRegionOptions>("the trust region").Create<TrustRegionOptions>(given.Of("trpo")), Key); }
    }

    private static void Extend(PostTraining builder, string name, string term, Settings given)
    {
        if (name == "overlong") { builder.Overlong(OptionSet.Of<OverlongShaping>("the overlong shaping").Create<OverlongShaping>(given.Of("overlong"))); }
        else if (name == "dynamic") { builder.Options(options => options with { DynamicRounds = Math.Max(options.DynamicRounds, 3) }); }
        else { builder.Add(Create<ILossTerm>(term, given.Of(name))); }
    }

    private static string Path(string key) => key.Split('?')[0].Split('.')[^1];

    private static T Create<T>(string key, IReadOnlyDictionary<string, string> overrides) where T : class
    {
        var values = Pairs(key.Split('?', 2) is [_, var query] ? query : "");
        foreach (var (name, value) in overrides) { values[name] = value; }
        return ComponentRegistry.Create<T>(key.Split('?')[0], values);
    }

    private static Dictionary<string, string> Pairs(string query) =>
        query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
}
