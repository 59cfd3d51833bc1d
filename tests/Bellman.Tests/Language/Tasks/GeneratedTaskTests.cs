using Bellman.Language.Tasks;
using Bellman.Language.Tokenizers;
using Xunit;

namespace Bellman.Tests.Language.Tasks;

/// <summary>What every generated task promises, at several levels and in both styles.</summary>
public sealed class GeneratedTaskTests
{
    public static TheoryData<string, int, TaskStyle> EveryTask()
    {
        var data = new TheoryData<string, int, TaskStyle>();
        foreach (var registration in TaskRegistry.All)
        {
            var levels = TaskRegistry.Create(registration.Name).MaximumLevel;
            foreach (var level in new[] { 1, 2, 3, 5, levels }.Where(level => level <= levels).Distinct())
            {
                data.Add(registration.Name, level, TaskStyle.Compact);
                data.Add(registration.Name, level, TaskStyle.Worded);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(EveryTask))]
    public void Its_solution_and_its_answer_score_full_marks_and_other_answers_do_not(string name, int level, TaskStyle style)
    {
        var task = TaskRegistry.Create($"{name}?level={level}&style={style}");
        for (var index = 0; index < 50; index++)
        {
            var item = task.Item(TaskSplit.Train, 1, index);
            Assert.Equal((1.0, 1.0), (item.Check(item.Solution).Format, item.Check(item.Solution).Answer));
            var bare = style == TaskStyle.Compact ? item.Answer : $"#### {item.Answer}";
            Assert.Equal((1.0, 1.0), (item.Check(bare).Format, item.Check(bare).Answer));
            foreach (var wrong in new[] { "", "   ", "#### ", "\\boxed{}", "####", "\ud800", "@@", new string('(', 5000), "1/0", item.Prompt })
            {
                Assert.Equal(0.0, item.Check(wrong).Answer);
            }
            if (style == TaskStyle.Worded) { Assert.Equal((1.0, 1.0), (item.Check($"\\boxed{{{item.Answer}}}").Format, item.Check($"\\boxed{{{item.Answer}}}").Answer)); }
        }
    }

    [Theory]
    [MemberData(nameof(EveryTask))]
    public void Its_alphabet_covers_prompts_solutions_and_answers(string name, int level, TaskStyle style)
    {
        var task = TaskRegistry.Create($"{name}?level={level}&style={style}");
        var tokenizer = new CharacterTokenizer(task.Alphabet);
        for (var index = 0; index < 50; index++)
        {
            var item = task.Item(TaskSplit.HeldOut, 2, index);
            var text = item.Prompt + item.Solution + item.Answer;
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        }
    }

    [Theory]
    [MemberData(nameof(EveryTask))]
    public void The_same_seed_level_and_index_give_the_same_item_and_other_ones_another(string name, int level, TaskStyle style)
    {
        var task = TaskRegistry.Create($"{name}?style={style}");
        var again = TaskRegistry.Create($"{name}?level={level}&style={style}");
        var prompts = new HashSet<string>();
        for (var index = 0; index < 20; index++)
        {
            Assert.Equal(task.Item(TaskSplit.Train, 7, index, level), again.Item(TaskSplit.Train, 7, index));
            prompts.Add(task.Item(TaskSplit.Train, 7, index, level).Prompt);
            prompts.Add(task.Item(TaskSplit.Train, 8, index, level).Prompt);
        }
        Assert.InRange(prompts.Count, 15, 40);
    }

    [Theory]
    [MemberData(nameof(EveryTask))]
    public void No_prompt_is_in_both_splits(string name, int level, TaskStyle style)
    {
        var task = TaskRegistry.Create($"{name}?level={level}&style={style}");
        var train = Enumerable.Range(0, 300).Select(index => task.Item(TaskSplit.Train, 3, index).Prompt).ToHashSet();
        Assert.DoesNotContain(Enumerable.Range(0, 100).Select(index => task.Item(TaskSplit.HeldOut, 3, index).Prompt), train.Contains);
    }

    [Fact]
    public void An_answer_is_read_from_any_text_without_an_error() =>
        CsCheck.Check.Sample(CsCheck.Gen.Select(CsCheck.Gen.String, CsCheck.Gen.Int[0, TaskRegistry.All.Count - 1], CsCheck.Gen.Bool), (text, task, worded) =>
        {
            var item = TaskRegistry.Create($"{TaskRegistry.All[task].Name}?style={(worded ? "worded" : "compact")}").Item(TaskSplit.Train, 0, 0);
            foreach (var response in new[] { text, "#### " + text, "\\boxed{" + text, item.Solution + text })
            {
                var score = item.Check(response);
                Assert.InRange(score.Format, 0, 1);
                Assert.InRange(score.Answer, 0, score.Answer);
            }
        }, iter: 500);

    [Theory]
    [InlineData("arithmetik", "arithmetic")]
    [InlineData("arithmetic?levl=2", "level")]
    [InlineData("arithmetic?level=0", "from 1")]
    [InlineData("arithmetic?level=900", "levels are 1 to")]
    [InlineData("arithmetic?operators=/", "some of")]
    [InlineData("arithmetic?level", "not an option")]
    public void What_is_not_known_is_refused_with_what_is(string id, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => TaskRegistry.Create(id)).Message, StringComparison.Ordinal);
}
