using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Xunit;

namespace Bellman.Tests.Language.Data;

/// <summary>The real files of GSM8K and MATH-500 are read as they are.</summary>
public sealed class PublishedDataTests
{
    [Theory]
    [InlineData("gsm8k/train.jsonl", 7473)]
    [InlineData("gsm8k/test.jsonl", 1319)]
    public void Every_answer_of_GSM8K_is_found_and_agrees_with_itself_however_it_is_written(string file, int count)
    {
        var items = QuestionFile.Read(SharedData.Require(file));
        Assert.Equal(count, items.Count);
        foreach (var item in items)
        {
            // The marker's line, read by the simplest possible means.
            var marked = item.Solution[(item.Solution.LastIndexOf("####", StringComparison.Ordinal) + 4)..].Trim();
            Assert.Equal(marked, item.Answer);
            var number = AnswerNumber.Parse(item.Answer);
            Assert.True(number is { Denominator.IsOne: true }, item.Id);
            Assert.Equal(System.Numerics.BigInteger.Parse(marked.Replace(",", "", StringComparison.Ordinal)), number.Value.Numerator);
            Assert.Equal((1.0, 1.0), (item.Check(item.Solution).Format, item.Check(item.Solution).Answer));
            foreach (var written in new[] { $"\\boxed{{{marked}}}", $"#### ${marked}.00", $"The answer is \\boxed{{\\${number.Value.Numerator:N0}}} dollars." })
            {
                Assert.True(item.Check(written).Answer == 1, $"{item.Id}: {written}");
            }
            Assert.True(item.Check($"So it is {marked}.") is { Answer: 1, Format: 0 }, item.Id);
            Assert.True(item.Check($"#### {number.Value.Numerator + 1}").Answer == 0, item.Id);
        }
    }

    [Theory]
    [InlineData("math500/train.parquet")]
    [InlineData("math500/test.parquet")]
    [InlineData("math500/val.parquet")]
    public void Problems_of_MATH_500_are_read_and_their_own_solutions_are_right(string file)
    {
        var items = QuestionFile.Read(SharedData.Require(file));
        Assert.True(items.Count > 50, $"{items.Count} items");
        Assert.All(items, item => Assert.True(item.Check(item.Solution).Answer == 1, $"{item.Id}: {item.Answer} | {item.Check(item.Solution)}"));
        Assert.All(items, item => Assert.True(item.Check($"\\boxed{{{item.Answer}}}").Answer == 1, item.Id));
    }

    [Fact]
    public void Files_make_a_task_whose_splits_share_no_prompt()
    {
        var task = DataTask.Read(SharedData.Require("gsm8k/train.jsonl"), SharedData.Require("gsm8k/test.jsonl"));
        Assert.Equal((7473, 1319), (task.Count(TaskSplit.Train), task.Count(TaskSplit.HeldOut)));
        var split = DataTask.Split(SharedData.Require("gsm8k/test.jsonl"));
        Assert.Equal(1319, split.Count(TaskSplit.Train) + split.Count(TaskSplit.HeldOut));
        Assert.InRange(split.Count(TaskSplit.HeldOut) ?? 0, 200, 330);
    }
}
