namespace Bellman.Language.Tasks;

/// <summary>Which half of a task's items.</summary>
public enum TaskSplit
{
    /// <summary>Items to train on.</summary>
    Train,

    /// <summary>Items to measure on; none of their prompts is ever a training prompt.</summary>
    HeldOut,
}

/// <summary>What a checker says about a response.</summary>
/// <param name="Format">From 0 to 1: the response gives its answer in the form that was asked for.</param>
/// <param name="Answer">From 0 to 1: the answer is right.</param>
/// <param name="Parsed">The answer that was read from the response; null when there is none.</param>
/// <param name="Reason">In a few words, why; for people.</param>
public readonly record struct TaskScore(double Format, double Answer, string? Parsed, string Reason);

/// <summary>Judges responses to one item. A pure function: the same response always gets the same score.</summary>
public interface IAnswerChecker
{
    /// <summary>Scores a response, which may be any text at all.</summary>
    TaskScore Check(string response);
}

/// <summary>A question with a verifiable answer.</summary>
public sealed record TextItem
{
    /// <summary>A name that finds it again, e.g. <c>arithmetic/train/seed 0/level 2/17</c> or a file and line.</summary>
    public required string Id { get; init; }

    /// <summary>Its difficulty, from 1 up.</summary>
    public required int Level { get; init; }

    /// <summary>What the model reads; it continues this text or answers it in a chat.</summary>
    public required string Prompt { get; init; }

    /// <summary>The question alone, without what the prompt says about the answer's form; the prompt where there is nothing else.</summary>
    public string Question
    {
        get => field ?? Prompt;
        init;
    }

    /// <summary>What the question is about where the data say so, e.g. titles of articles; empty otherwise.</summary>
    public string Topic { get; init; } = "";

    /// <summary>A worked solution that ends with the answer in the form the checker wants: what supervised training imitates.</summary>
    public required string Solution { get; init; }

    /// <summary>The answer alone.</summary>
    public required string Answer { get; init; }

    /// <summary>Judges responses.</summary>
    public required IAnswerChecker Checker { get; init; }

    /// <summary>Scores a response.</summary>
    public TaskScore Check(string response) => Checker.Check(response);
}

/// <summary>A source of questions with verifiable answers: a generator without end, or a data file.</summary>
public interface ITextTask
{
    /// <summary>The name by which it is asked for.</summary>
    string Name { get; }

    /// <summary>The level of items for which none is named, from 1 up.</summary>
    int Level { get; }

    /// <summary>The highest level; levels are 1 to this.</summary>
    int MaximumLevel { get; }

    /// <summary>Every character of prompts, solutions and right answers, each once, in code order: what a character tokenizer needs.</summary>
    string Alphabet { get; }

    /// <summary>How many items the split has; null when they do not end.</summary>
    long? Count(TaskSplit split);

    /// <summary>The item with this number: the same arguments always give the same item.</summary>
    /// <param name="split">Train or held out; no prompt is in both.</param>
    /// <param name="seed">Which sequence of items; a data file has only one, in an order of its own.</param>
    /// <param name="index">Number of the item, from 0, below <see cref="Count"/>.</param>
    /// <param name="level">Its difficulty; null takes <see cref="Level"/>.</param>
    /// <exception cref="UsageException">The level is out of range, or the split has no item there.</exception>
    TextItem Item(TaskSplit split, ulong seed, long index, int? level = null);
}
