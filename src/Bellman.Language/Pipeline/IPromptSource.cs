using Bellman.Language.Tasks;

namespace Bellman.Language;

/// <summary>Decides which prompts come next, knowing how earlier ones fared.</summary>
public interface IPromptSource : IStateful
{
    /// <summary>The name it is refused and logged by.</summary>
    string Name { get; }

    /// <summary>The next <paramref name="count"/> prompts.</summary>
    IReadOnlyList<PromptItem> Next(int count, GroupHistory history);
}

/// <summary>A list of prompts, each once in every pass, passes shuffled anew.</summary>
public sealed class ListPromptSource : IPromptSource
{
    private readonly IReadOnlyList<PromptItem> prompts;
    private readonly RandomStream random;
    private readonly bool shuffle;
    private int[] order = [];
    private long position;

    /// <summary>A source over <paramref name="prompts"/>.</summary>
    /// <param name="prompts">At least one.</param>
    /// <param name="random">Orders the passes.</param>
    /// <param name="shuffle">Whether passes are shuffled; otherwise they keep the list's order.</param>
    public ListPromptSource(IReadOnlyList<PromptItem> prompts, RandomStream random, bool shuffle = true)
    {
        if (prompts.Count == 0) { throw new UsageException("There are no prompts to train on. Give at least one."); }
        (this.prompts, this.random, this.shuffle) = (prompts, random, shuffle);
    }

    /// <inheritdoc/>
    public string Name => "list";

    /// <inheritdoc/>
    public IReadOnlyList<PromptItem> Next(int count, GroupHistory history)
    {
        var next = new PromptItem[count];
        for (var i = 0; i < count; i++)
        {
            if (position % prompts.Count == 0) { BeginPass(position / prompts.Count); }
            next[i] = prompts[order[position % prompts.Count]];
            position++;
        }
        return next;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(position), ref position);
        if (state.IsLoading && position % prompts.Count != 0) { BeginPass(position / prompts.Count); }
    }

    // The order of a pass follows from its number alone, so it need not travel.
    private void BeginPass(long pass)
    {
        order = [.. Enumerable.Range(0, prompts.Count)];
        if (shuffle) { random.Child("pass", pass).Shuffle<int>(order); }
    }
}

/// <summary>Prompts drawn anew, without end: prompt i from <c>random.Child("prompt", i)</c>.</summary>
/// <param name="draw">Makes a prompt.</param>
/// <param name="random">The stream of all of them.</param>
public sealed class DrawnPromptSource(Func<RandomStream, PromptItem> draw, RandomStream random) : IPromptSource
{
    private long next;

    /// <inheritdoc/>
    public string Name => "drawn";

    /// <inheritdoc/>
    public IReadOnlyList<PromptItem> Next(int count, GroupHistory history)
    {
        var prompts = new PromptItem[count];
        for (var i = 0; i < count; i++) { prompts[i] = draw(random.Child("prompt", next++)); }
        return prompts;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(next), ref next);
}

/// <summary>The prompts of another source, each changed.</summary>
/// <param name="inner">Decides which come next.</param>
/// <param name="map">Changes one; the same prompt always in the same way.</param>
public sealed class MappedPromptSource(IPromptSource inner, Func<PromptItem, PromptItem> map) : IPromptSource
{
    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public IReadOnlyList<PromptItem> Next(int count, GroupHistory history) => [.. inner.Next(count, history).Select(map)];

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => inner.Exchange(state);
}

/// <summary>Items of a task, one after another, each its prompt's target; a task without end never repeats one.</summary>
public sealed class TaskPromptSource : IPromptSource
{
    private readonly ITextTask task;
    private readonly Func<string, int[]> encode;
    private readonly ulong seed;
    private readonly TaskSplit split;
    private long next;

    /// <summary>The items of <paramref name="split"/>.</summary>
    /// <param name="task">Where they come from.</param>
    /// <param name="encode">How a question becomes tokens: with a chat template (<see cref="LanguageModelFolder.Ask"/>), or as plain text.</param>
    /// <param name="seed">Which sequence of a generated task.</param>
    /// <param name="split">Which half of them.</param>
    public TaskPromptSource(ITextTask task, Func<string, int[]> encode, ulong seed, TaskSplit split = TaskSplit.Train) =>
        (this.task, this.encode, this.seed, this.split) = (task, encode, seed, split);

    /// <inheritdoc/>
    public string Name => task.Name;

    /// <inheritdoc/>
    public IReadOnlyList<PromptItem> Next(int count, GroupHistory history)
    {
        var items = new PromptItem[count];
        for (var i = 0; i < count; i++)
        {
            var index = task.Count(split) is { } total ? next % total : next;
            var item = task.Item(split, seed, index);
            items[i] = new PromptItem(item.Id, encode(item.Prompt)) { Text = item.Prompt, Target = item, Encode = encode };
            next++;
        }
        return items;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(next), ref next);
}
