using Bellman.Language.Tasks;
using Bellman.Language.Tasks.Problems;
using Xunit;

namespace Bellman.Tests.Language.Tasks;

public sealed class ArithmeticTests
{
    [Fact]
    public void A_chain_is_worked_out_products_first_then_from_the_left()
    {
        var (value, steps) = OperationChain.Evaluate([2, 3, 4, 5], ['-', '*', '+'], number => number);
        Assert.Equal(-5, value);
        Assert.Equal(["3*4=12", "2-12=-10", "-10+5=-5"], steps.Select(step => $"{step.Left}{step.Operator}{step.Right}={step.Result}"));
    }

    [Fact]
    public void A_compact_item_is_a_sum_whose_solution_gives_running_results()
    {
        var item = TaskRegistry.Create("arithmetic?level=2&operators=%2B".Replace("%2B", "+", StringComparison.Ordinal)).Item(TaskSplit.Train, 1, 0);
        var numbers = item.Prompt.TrimEnd('=').Split('+').Select(int.Parse).ToArray();
        Assert.Equal(3, numbers.Length);
        Assert.Equal($"{numbers[0] + numbers[1]};{numbers.Sum()}", item.Solution);
    }

    [Fact]
    public void A_wrong_number_keeps_its_marks_for_form()
    {
        var item = TaskRegistry.Create("arithmetic").Item(TaskSplit.Train, 1, 0);
        var wrong = (long.Parse(item.Answer) + 1).ToString();
        Assert.Equal((1.0, 0.0), (item.Check(wrong).Format, item.Check(wrong).Answer));
        Assert.Equal((0.0, 0.0), (item.Check("1+1").Format, item.Check("1+1").Answer));
        Assert.Equal((0.0, 1.0), (Worded().Check($"It is {Worded().Answer}.").Format, Worded().Check($"It is {Worded().Answer}.").Answer));
        static TextItem Worded() => TaskRegistry.Create("arithmetic?style=worded").Item(TaskSplit.Train, 1, 0);
    }
}
