namespace Bellman.Language.Tasks;

/// <summary>What an answer must be. A pure function of the answer's text.</summary>
public interface IAnswerRule
{
    /// <summary>The answer has the right form, be it right or wrong.</summary>
    bool IsWellFormed(string answer);

    /// <summary>The answer is right; only asked of a well-formed one.</summary>
    bool IsRight(string answer);
}

/// <summary>A generated problem before it is written in a <see cref="TaskStyle"/>.</summary>
/// <param name="Prompt">Compact form, ending in what asks for an answer. It also decides the split.</param>
/// <param name="Question">The same in sentences.</param>
/// <param name="ShortSteps">Intermediate results, for the compact solution; the answer itself is not among them.</param>
/// <param name="Steps">The working in sentences, a line each.</param>
/// <param name="Answer">A right answer.</param>
/// <param name="Rule">Which answers are right.</param>
public sealed record TextProblem(
    string Prompt, string Question, IReadOnlyList<string> ShortSteps, IReadOnlyList<string> Steps, string Answer, IAnswerRule Rule);

/// <summary>Makes problems of one kind.</summary>
public interface IProblemGenerator
{
    /// <summary>The highest level it can make.</summary>
    int MaximumLevel { get; }

    /// <summary>Every character of its compact prompts, steps and answers.</summary>
    string Alphabet { get; }

    /// <summary>A problem of the given level, from 1 to <see cref="MaximumLevel"/>.</summary>
    TextProblem Create(int level, RandomStream random);
}
