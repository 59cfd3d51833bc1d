namespace Bellman.Language;

/// <summary>What came of running a program.</summary>
public enum ExecutionOutcome
{
    /// <summary>It ran; some or all of the tests pass.</summary>
    Ran,

    /// <summary>It stopped with an error.</summary>
    RuntimeError,

    /// <summary>It could not be parsed or compiled.</summary>
    CompileError,

    /// <summary>It did not end in time.</summary>
    Timeout,
}

/// <summary>Rewards for code from its tests, which are split in two: visible ones belong to the prompt, hidden ones to the reward.</summary>
public static class ExecutionFeedback
{
    /// <summary>The share of hidden tests that pass; -0.3 for an error while running, -0.6 for one of parsing or compiling, -1 for none in time.</summary>
    public static double Reward(ExecutionOutcome outcome, int passed, int hiddenTests) => outcome switch
    {
        ExecutionOutcome.RuntimeError => -0.3,
        ExecutionOutcome.CompileError => -0.6,
        ExecutionOutcome.Timeout => -1,
        _ => hiddenTests > 0 ? (double)passed / hiddenTests : throw new UsageException("Code is rewarded by hidden tests, and there are none. Hold some of the tests out of the prompt."),
    };

    /// <summary>Whether an answer contains a hidden test's expected value as a literal: hard-coding is the known exploit.</summary>
    /// <param name="program">The answer's text.</param>
    /// <param name="expected">Expected values of the hidden tests; those of fewer than three characters are too common to tell.</param>
    public static bool LooksHardCoded(string program, IEnumerable<string> expected) =>
        expected.Any(value => value.Length >= 3 && program.Contains(value, StringComparison.Ordinal));
}

/// <summary>What calling tools costs.</summary>
/// <param name="InvalidPenalty">Taken from the reward for each call that could not be run.</param>
/// <param name="CallCost">Taken for each call.</param>
/// <param name="Budget">Calls allowed; an episode with more is worth nothing beyond its costs.</param>
public sealed record ToolCosts(double InvalidPenalty = 0.05, double CallCost = 0, int Budget = 8)
{
    /// <summary>outcome - 0.05 x invalid calls - cost x calls. Words of a tool have mask 0 in the rollout, so they carry no loss.</summary>
    public double Reward(double outcome, int calls, int invalidCalls) =>
        (calls <= Budget ? outcome : 0) - InvalidPenalty * invalidCalls - CallCost * calls;
}
