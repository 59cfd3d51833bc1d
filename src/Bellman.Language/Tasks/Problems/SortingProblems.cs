using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>Numbers to put in order: <c>3,1,2&gt;</c> is answered by <c>1,2,3</c>. The level plus two is how many; from level 4 on they have two digits.</summary>
internal sealed class SortingProblems : IProblemGenerator
{
    private const int FirstLevelOfTwoDigits = 4;

    public int MaximumLevel => 30;

    public string Alphabet => "0123456789,>";

    public TextProblem Create(int level, RandomStream random)
    {
        var numbers = new int[level + 2];
        for (var i = 0; i < numbers.Length; i++) { numbers[i] = random.NextInt32(level < FirstLevelOfTwoDigits ? 10 : 100); }
        int[] sorted = [.. numbers.Order()];
        var answer = string.Join(",", sorted);
        var counts = sorted.GroupBy(number => number).Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Key} comes {Times(group.Count())}."));
        return new TextProblem(
            string.Join(",", numbers) + ">",
            $"Sort these numbers from the smallest to the largest, separated by commas: {string.Join(", ", numbers)}",
            [], [.. counts], answer, new ExactTextRule(answer, "0123456789,"));
    }

    private static string Times(int count) => count switch { 1 => "once", 2 => "twice", _ => string.Create(CultureInfo.InvariantCulture, $"{count} times") };
}
