using Bellman.Language.Tasks;

namespace Bellman.Language;

/// <summary>A prompt and the completion that is imitated, as token ids.</summary>
/// <param name="Id">A name that finds it again.</param>
/// <param name="Prompt">At least one token.</param>
/// <param name="Completion">At least one token, the end token included.</param>
public sealed record SupervisedExample(string Id, int[] Prompt, int[] Completion);

/// <summary>Examples by number: the same number always gives the same example.</summary>
public interface IExampleSource
{
    /// <summary>How many there are; null when they do not end.</summary>
    long? Count { get; }

    /// <summary>The example with this number, from 0.</summary>
    SupervisedExample this[long index] { get; }
}

/// <summary>The worked solutions of a task, as examples.</summary>
/// <param name="task">Where the items come from.</param>
/// <param name="split">Which half of them.</param>
/// <param name="seed">Which sequence of a generated task.</param>
/// <param name="prompt">How a prompt becomes tokens: with a chat template, or as plain text.</param>
/// <param name="tokenizer">Encodes solutions.</param>
/// <param name="end">Ends every completion.</param>
public sealed class TaskExamples(ITextTask task, TaskSplit split, ulong seed, Func<string, int[]> prompt, ITokenizer tokenizer, int end) : IExampleSource
{
    /// <inheritdoc/>
    public long? Count => task.Count(split);

    /// <inheritdoc/>
    public SupervisedExample this[long index]
    {
        get
        {
            var item = Question(index);
            return new SupervisedExample(item.Id, prompt(item.Prompt), [.. tokenizer.Encode(item.Solution), end]);
        }
    }

    /// <summary>The item behind an example.</summary>
    public TextItem Question(long index) => task.Item(split, seed, index);
}

/// <summary>Examples in the order of training: as they come where they do not end, else each epoch in an order of its own.</summary>
internal sealed class ExampleOrder(IExampleSource source, RandomStream random)
{
    private long[] order = [];
    private long ordered = -1;

    /// <summary>The example that comes at this place of the whole training.</summary>
    public SupervisedExample At(long place)
    {
        if (source.Count is not { } count) { return source[place]; }
        var epoch = place / count;
        if (epoch != ordered)
        {
            order = new long[count];
            for (var i = 0L; i < count; i++) { order[i] = i; }
            random.Child("order", epoch).Shuffle<long>(order);
            ordered = epoch;
        }
        return source[order[place % count]];
    }
}
