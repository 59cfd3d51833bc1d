using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

public sealed class ExecutionFeedbackTests
{
    [Fact]
    public void Tests_that_pass_are_paid_and_failures_graded()
    {
        Near(.75, ExecutionFeedback.Reward(ExecutionOutcome.Ran, 3, 4));
        Near(-.3, ExecutionFeedback.Reward(ExecutionOutcome.RuntimeError, 0, 4));
        Near(-.6, ExecutionFeedback.Reward(ExecutionOutcome.CompileError, 0, 4));
        Near(-1, ExecutionFeedback.Reward(ExecutionOutcome.Timeout, 0, 4));
        Assert.Contains("hidden tests", Assert.Throws<UsageException>(() => ExecutionFeedback.Reward(ExecutionOutcome.Ran, 0, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_that_contain_an_expected_value_are_flagged()
    {
        Assert.True(ExecutionFeedback.LooksHardCoded("if n == 9: return 362880", ["362880"]));
        Assert.False(ExecutionFeedback.LooksHardCoded("return n * f(n - 1)", ["362880", "1"]));
    }

    [Fact]
    public void Calls_of_tools_cost_and_beyond_the_budget_nothing_is_earned()
    {
        var costs = new ToolCosts(CallCost: .01, Budget: 3);
        Near(1 - .05 - .02, costs.Reward(1, 2, 1));
        Near(-.04, costs.Reward(1, 4, 0));
    }
}
