namespace Bellman.Language;

/// <summary>
/// A method that is put on another after a plus sign, <c>grpo+thr</c>, with options of its own: <c>--set thr.p=-0.1</c>. Papers
/// hand theirs to <see cref="PostTraining.Method"/>; each is an extension of the builder with a name.
/// </summary>
public sealed class MethodAddition
{
    private readonly Action<PostTraining, IReadOnlyDictionary<string, string>> apply;

    private MethodAddition(string key, string summary, OptionSet options, Action<PostTraining, IReadOnlyDictionary<string, string>> apply) =>
        (Key, Summary, Options, this.apply) = (key, summary, options, apply);

    /// <summary>As after the plus sign, and before the dot of its options.</summary>
    public string Key { get; }

    /// <summary>One sentence.</summary>
    public string Summary { get; }

    /// <summary>Its options.</summary>
    public OptionSet Options { get; }

    /// <summary>An addition that is made from a record of options.</summary>
    /// <param name="key">Lower-case letters, digits and hyphens.</param>
    /// <param name="summary">One sentence.</param>
    /// <param name="add">Adds the method's parts, e.g. by its extension of the builder.</param>
    public static MethodAddition Of<TOptions>(string key, string summary, Action<PostTraining, TOptions> add) where TOptions : class, new()
    {
        var options = OptionSet.Of<TOptions>($"method {key}");
        return new MethodAddition(key, summary, options, (builder, settings) => add(builder, options.Create<TOptions>(settings)));
    }

    /// <summary>Adds it to a builder.</summary>
    /// <exception cref="UsageException">An option is unknown or out of range.</exception>
    public void Apply(PostTraining builder, IReadOnlyDictionary<string, string> settings) => apply(builder, settings);
}

/// <summary>Another method that one cannot stand beside.</summary>
/// <param name="Method">The other's key.</param>
/// <param name="Because">Why, as the end of a sentence: "both ...", "it ...".</param>
public sealed record MethodConflict(string Method, string Because);

/// <summary>The stages of a trainer as they were decided, for parts that ask something of the others.</summary>
public sealed class PostTrainingStages
{
    /// <summary>The policy.</summary>
    public required ILanguageModel Model { get; init; }

    /// <summary>The tokenizer; null where tokens stand for themselves.</summary>
    public required ITokenizer? Tokenizer { get; init; }

    /// <summary>How rewards become advantages.</summary>
    public required ICreditAssigner Credit { get; init; }

    /// <summary>The surrogate.</summary>
    public required IPolicyObjective Objective { get; init; }

    /// <summary>How many rollouts each prompt gets.</summary>
    public required IRolloutPlanner Planner { get; init; }

    /// <summary>What reshapes the advantages, in order.</summary>
    public required IReadOnlyList<ICreditTransform> Transforms { get; init; }

    /// <summary>Names of the rewards, with their weights.</summary>
    public required IReadOnlyList<(string Name, double Weight)> Rewards { get; init; }

    /// <summary>The trainer's options.</summary>
    public required PostTrainingOptions Options { get; init; }
}

/// <summary>A part that asks something of the other stages; it is heard when the trainer is built.</summary>
public interface IStageCheck
{
    /// <summary>Looks at the stages.</summary>
    /// <exception cref="UsageException">They do not serve this part; the message says what would.</exception>
    void Check(PostTrainingStages stages);
}
