using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>Small stories about how many things somebody has. The level is the number of events.</summary>
internal sealed class WordProblems : IProblemGenerator
{
    private static readonly string[] Names = ["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo"];
    private static readonly string[] Things = ["apples", "books", "coins", "marbles", "pens", "shells"];

    public int MaximumLevel => 12;

    public string Alphabet { get; } =
        string.Concat(Enumerable.Range(0, 26).Select(letter => (char)('a' + letter))) + "ABCDEFGHIJLS 0123456789.?+-*/=\n";

    public TextProblem Create(int level, RandomStream random)
    {
        var (name, things) = (Names[random.NextInt32(Names.Length)], Things[random.NextInt32(Things.Length)]);
        var count = 2 + random.NextInt32(18);
        var (story, steps, results) = ($"{name} has {count} {things}.", new List<string>(), new List<string>());
        for (var i = 0; i < level; i++)
        {
            var (sentence, step, next) = Event(count, things, random);
            story += " " + sentence;
            steps.Add(step);
            results.Add(next.ToString(CultureInfo.InvariantCulture));
            count = next;
        }
        var question = $"{story} How many {things} does {name} have now?";
        return new TextProblem(question + "\n", question, [.. results.SkipLast(1)], steps, results[^1], new WholeNumberRule(count));
    }

    private static (string Sentence, string Step, int Next) Event(int count, string things, RandomStream random)
    {
        while (true)
        {
            var number = 2 + random.NextInt32(8);
            switch (random.NextInt32(6))
            {
                case 0:
                    return ($"A friend gives {number} more.", $"{count} + {number} = {count + number}", count + number);
                case 1 when count > number:
                    return ($"{number} get lost.", $"{count} - {number} = {count - number}", count - number);
                case 2 when count <= 200:
                    return ("Soon there are twice as many.", $"{count} * 2 = {count * 2}", count * 2);
                case 3 when count % 2 == 0 && count > 2:
                    return ("Half of them are sold.", $"{count} / 2 = {count / 2}", count / 2);
                case 4:
                    var each = 2 + random.NextInt32(5);
                    return ($"{number} boxes arrive with {each} {things} in each.", $"{count} + {number} * {each} = {count + (number * each)}", count + (number * each));
                case 5 when count > number * 2:
                    return ($"{number} children take 2 each.", $"{count} - {number} * 2 = {count - (number * 2)}", count - (number * 2));
                default:
                    continue;
            }
        }
    }
}
