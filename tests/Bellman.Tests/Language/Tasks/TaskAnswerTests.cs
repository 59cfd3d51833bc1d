using Bellman.Language.Tasks;
using Bellman.Language.Tasks.Problems;
using Xunit;

namespace Bellman.Tests.Language.Tasks;

/// <summary>The tasks' answers, found again by other means than the generators use.</summary>
public sealed class TaskAnswerTests
{
    private const int Items = 100;

    [Fact]
    public void Modular_answers_are_the_remainder_of_the_whole_expression()
    {
        foreach (var item in Draw("modular?level=4"))
        {
            var parts = item.Prompt.TrimEnd('=').Split('%');
            var value = Expression.Parse(parts[0])?.Value?.Numerator ?? throw new InvalidOperationException(item.Prompt);
            var modulus = int.Parse(parts[1]);
            Assert.Equal(((value % modulus) + modulus) % modulus, long.Parse(item.Answer));
        }
    }

    [Theory]
    [InlineData("3*4+5", 1)]
    [InlineData("5+4*3=17", 1)]
    [InlineData("(3*4)+5", 1)]
    [InlineData("17", 0)]
    [InlineData("3*4+5+0", 0)]
    [InlineData("3*4+3", 0)]
    [InlineData("3+4*5", 0)]
    [InlineData("3*4+5/(3-3)", 0)]
    [InlineData("34-5", 0)]
    [InlineData("3*4+", 0)]
    [InlineData("((3*4+5)", 0)]
    public void Countdown_takes_any_expression_that_uses_each_number_once_and_is_right(string answer, double expected)
    {
        var rule = new CountdownRule([5, 3, 4], 17);
        Assert.Equal(expected, rule.IsWellFormed(answer) && rule.IsRight(answer) ? 1.0 : 0.0);
    }

    [Fact]
    public void Countdown_divides_exactly() => Assert.True(new CountdownRule([8, 3, 8, 3], 24).IsRight("8/(3-8/3)"));

    [Fact]
    public void Reachability_answers_are_those_of_a_closure_and_half_of_them_are_yes()
    {
        var yes = 0;
        foreach (var item in Draw("reachability?level=3"))
        {
            var (graph, question) = (item.Prompt.Split(':')[0].Split(','), item.Prompt.Split(':')[1]);
            var reached = new HashSet<char> { question[0] };
            for (var i = 0; i < 26; i++) { reached.UnionWith(graph.Where(edge => reached.Contains(edge[0])).Select(edge => edge[1])); }
            Assert.Equal(reached.Contains(question[2]) ? "yes" : "no", item.Answer);
            yes += item.Answer == "yes" ? 1 : 0;
        }
        Assert.InRange(yes, 30, 70);
    }

    [Fact]
    public void Brackets_and_their_answer_match_completely()
    {
        foreach (var item in Draw("brackets?level=5"))
        {
            var text = item.Prompt.TrimEnd('=') + item.Answer;
            for (var length = -1; length != text.Length;)
            {
                length = text.Length;
                text = text.Replace("()", "", StringComparison.Ordinal).Replace("[]", "", StringComparison.Ordinal).Replace("<>", "", StringComparison.Ordinal);
            }
            Assert.Empty(text);
        }
    }

    [Fact]
    public void Sorted_numbers_are_the_given_ones_in_order()
    {
        foreach (var item in Draw("sorting?level=5"))
        {
            var answer = item.Answer.Split(',').Select(int.Parse).ToList();
            Assert.Equal(item.Prompt.TrimEnd('>').Split(',').Select(int.Parse).Order(), answer);
            Assert.Equal(1.0, item.Check(item.Answer.Replace(",", ", ", StringComparison.Ordinal)).Answer);
        }
    }

    [Fact]
    public void Word_problems_are_solved_by_carrying_out_their_events()
    {
        foreach (var item in Draw("word-problems?level=4"))
        {
            var sentences = item.Prompt.Split(". ");
            var count = Numbers(sentences[0])[0];
            foreach (var sentence in sentences[1..^1])
            {
                var numbers = Numbers(sentence);
                count = sentence switch
                {
                    _ when sentence.Contains("friend", StringComparison.Ordinal) => count + numbers[0],
                    _ when sentence.Contains("lost", StringComparison.Ordinal) => count - numbers[0],
                    _ when sentence.Contains("twice", StringComparison.Ordinal) => count * 2,
                    _ when sentence.Contains("Half", StringComparison.Ordinal) => count / 2,
                    _ when sentence.Contains("boxes", StringComparison.Ordinal) => count + numbers[0] * numbers[1],
                    _ => count - numbers[0] * numbers[1],
                };
            }
            Assert.Equal(count.ToString(), item.Answer);
        }

        static int[] Numbers(string text) => [.. text.Split(' ', '.').Where(word => word.All(char.IsAsciiDigit) && word.Length > 0).Select(int.Parse)];
    }

    [Fact]
    public void Calendar_answers_are_those_of_the_calendar()
    {
        foreach (var item in Draw("calendar?level=4"))
        {
            Assert.Equal(DateOnly.Parse(item.Prompt.TrimEnd('?')).DayOfWeek.ToString()[..3], item.Answer);
        }
        foreach (var item in Draw("calendar?level=1"))
        {
            var (day, days) = (item.Prompt[..3], int.Parse(item.Prompt[4..^1]));
            // The first of January 2024 was a Monday.
            var start = Enumerable.Range(1, 7).Select(number => new DateOnly(2024, 1, number)).Single(date => date.DayOfWeek.ToString()[..3] == day);
            Assert.Equal(start.AddDays(days).DayOfWeek.ToString()[..3], item.Answer);
        }
        foreach (var item in Draw("calendar?level=2"))
        {
            var parts = item.Prompt.TrimEnd('=').Split('+');
            Assert.Equal(DateOnly.Parse(parts[0]).AddDays(int.Parse(parts[1])).ToString("yyyy-MM-dd"), item.Answer);
        }
        foreach (var item in Draw("calendar?level=3"))
        {
            Assert.Equal(DateOnly.Parse(item.Prompt[..10]).DayNumber - DateOnly.Parse(item.Prompt[11..21]).DayNumber, int.Parse(item.Answer));
        }
    }

    [Fact]
    public void Letters_are_rearranged_as_the_codes_say()
    {
        foreach (var item in Draw("strings?level=6"))
        {
            var (codes, text) = (item.Prompt.Split(':')[0], item.Prompt.Split(':')[1].TrimEnd('='));
            foreach (var code in codes)
            {
                var letters = text.ToList();
                switch (code)
                {
                    case 'R': letters.Reverse(); break;
                    case 'L': letters.Add(letters[0]); letters.RemoveAt(0); break;
                    case 'S': (letters[0], letters[^1]) = (letters[^1], letters[0]); break;
                    case 'D': letters = [.. letters.SelectMany(letter => new[] { letter, letter })]; break;
                    default: letters.RemoveAt(letters.Count - 1); break;
                }
                text = string.Concat(letters);
            }
            Assert.Equal(text, item.Answer);
        }
    }

    private static IEnumerable<TextItem> Draw(string id)
    {
        var task = TaskRegistry.Create(id);
        return Enumerable.Range(0, Items).Select(index => task.Item(TaskSplit.Train, 5, index));
    }
}
