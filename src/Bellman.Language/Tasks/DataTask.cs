using Bellman.Language.Data;

namespace Bellman.Language.Tasks;

/// <summary>A task whose items come from data files.</summary>
public sealed class DataTask : ITextTask
{
    private readonly IReadOnlyList<TextItem> train;
    private readonly IReadOnlyList<TextItem> heldOut;

    /// <summary>A task of given items.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="train">Items to train on.</param>
    /// <param name="heldOut">Items to measure on.</param>
    /// <exception cref="UsageException">There are none, or a prompt is in both.</exception>
    public DataTask(string name, IReadOnlyList<TextItem> train, IReadOnlyList<TextItem> heldOut)
    {
        if (train.Count + heldOut.Count == 0) { throw new UsageException($"The data set {name} has no items."); }
        var known = train.Select(item => item.Prompt).ToHashSet(StringComparer.Ordinal);
        if (heldOut.FirstOrDefault(item => known.Contains(item.Prompt)) is { } shared)
        {
            throw new UsageException($"{shared.Id} is held out, but its prompt is in the training data as well. Measure on other data.");
        }
        (Name, this.train, this.heldOut) = (name, train, heldOut);
        Alphabet = string.Concat(train.Concat(heldOut).SelectMany(item => item.Prompt + item.Solution + item.Answer).Distinct().Order());
    }

    /// <summary>The items of one file, of which one prompt in five is held out, chosen by its text alone.</summary>
    /// <exception cref="UsageException">The file cannot be read, is empty, or lacks a column.</exception>
    public static DataTask Split(string path, DataColumns? columns = null, string prompt = QuestionFile.UsualPrompt)
    {
        var items = QuestionFile.Read(path, columns, prompt).ToLookup(item => GeneratedTask.SplitOf(item.Prompt));
        return new DataTask(Path.GetFileNameWithoutExtension(path), [.. items[TaskSplit.Train]], [.. items[TaskSplit.HeldOut]]);
    }

    /// <summary>The items of a training file and of another that is held out.</summary>
    /// <exception cref="UsageException">A file cannot be read, is empty, or lacks a column, or a prompt is in both.</exception>
    public static DataTask Read(string trainPath, string heldOutPath, DataColumns? columns = null, string prompt = QuestionFile.UsualPrompt) =>
        new(Path.GetFileNameWithoutExtension(trainPath), QuestionFile.Read(trainPath, columns, prompt), QuestionFile.Read(heldOutPath, columns, prompt));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Level => 1;

    /// <inheritdoc/>
    public int MaximumLevel => 1;

    /// <inheritdoc/>
    public string Alphabet { get; }

    /// <inheritdoc/>
    public long? Count(TaskSplit split) => Items(split).Count;

    /// <inheritdoc/>
    public TextItem Item(TaskSplit split, ulong seed, long index, int? level = null)
    {
        var items = Items(split);
        if (level is not (null or 1)) { throw new UsageException($"Level {level} of the data set {Name} does not exist: its items have no levels."); }
        return index >= 0 && index < items.Count ? items[(int)index]
            : throw new UsageException($"The data set {Name} has {items.Count} {(split == TaskSplit.Train ? "training" : "held-out")} items, so there is none with number {index}.");
    }

    private IReadOnlyList<TextItem> Items(TaskSplit split) => split == TaskSplit.Train ? train : heldOut;
}
