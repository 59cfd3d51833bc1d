namespace Bellman.Language.Tasks;

/// <summary>
/// A task whose items are generated. Whether a prompt is trained on or held out is a property of the prompt's text alone
/// (one in five is held out), so the splits are disjoint whatever the seed, level and number of items.
/// </summary>
public sealed class GeneratedTask : ITextTask
{
    /// <summary>One prompt in this many is held out.</summary>
    public const int HeldOutOneIn = 5;

    private const int MaximumAttempts = 2000;

    private readonly IProblemGenerator generator;
    private readonly TaskStyle style;

    /// <summary>The task of a generator.</summary>
    /// <param name="name">Names its items and their random streams.</param>
    /// <param name="generator">Makes the problems.</param>
    /// <param name="options">Default level and style.</param>
    /// <exception cref="UsageException">The level is above the generator's highest.</exception>
    public GeneratedTask(string name, IProblemGenerator generator, TaskOptions options)
    {
        Name = name;
        this.generator = generator;
        style = options.Style;
        RequireLevel(options.Level);
        Level = options.Level;
        Alphabet = style == TaskStyle.Compact ? Distinct(generator.Alphabet + CompactText.Separator) : WordedText.Alphabet;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Level { get; }

    /// <inheritdoc/>
    public int MaximumLevel => generator.MaximumLevel;

    /// <inheritdoc/>
    public string Alphabet { get; }

    /// <inheritdoc/>
    public long? Count(TaskSplit split) => null;

    /// <inheritdoc/>
    public TextItem Item(TaskSplit split, ulong seed, long index, int? level = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var difficulty = level ?? Level;
        RequireLevel(difficulty);
        var draws = RandomStream.Create(seed, "task").Child(Name).Child("level", difficulty).Child(split.ToString(), index);
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            var problem = generator.Create(difficulty, draws.Child("attempt", attempt));
            if (SplitOf(problem.Prompt) == split)
            {
                return Write(problem, $"{Name}/{(split == TaskSplit.Train ? "train" : "held-out")}/seed {seed}/level {difficulty}/{index}", difficulty);
            }
        }
        throw new UsageException($"Task {Name} has no {(split == TaskSplit.Train ? "training" : "held-out")} items at level {difficulty}: it has too few different prompts there. Choose a higher level, up to {MaximumLevel}.");
    }

    /// <summary>The split that a compact prompt belongs to.</summary>
    internal static TaskSplit SplitOf(string prompt) =>
        RandomStream.Create(0, "split/" + prompt).NextInt32(HeldOutOneIn) == 0 ? TaskSplit.HeldOut : TaskSplit.Train;

    private TextItem Write(TextProblem problem, string id, int level) => new()
    {
        Id = id,
        Level = level,
        Answer = problem.Answer,
        Prompt = style == TaskStyle.Compact ? problem.Prompt : WordedText.Prompt(problem),
        Solution = style == TaskStyle.Compact ? CompactText.Solution(problem) : WordedText.Solution(problem),
        Checker = style == TaskStyle.Compact ? new CompactChecker(problem.Rule) : new WordedChecker(problem.Rule),
    };

    private void RequireLevel(int level)
    {
        if (level < 1 || level > generator.MaximumLevel)
        {
            throw new UsageException($"Level {level} of task {Name} does not exist: levels are 1 to {generator.MaximumLevel}.");
        }
    }

    private static string Distinct(string characters) => string.Concat(characters.Distinct().Order());
}
