using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>
/// Calendar questions. Level 1: the weekday some days on (<c>Mon+10=</c>). Level 2: the date some days on (<c>2024-02-27+3=</c>). Level 3: days
/// between two dates (<c>2024-03-01-2024-02-27=</c>). Level 4: the weekday of a date (<c>2024-02-29?</c>).
/// </summary>
internal sealed class CalendarProblems : IProblemGenerator
{
    private const int DaysInAWeek = 7;
    private const int LongestGap = 60;

    private static readonly string[] Weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    private static readonly DateOnly First = new(1990, 1, 1);
    private static readonly DateOnly Last = new(2040, 1, 1);

    public int MaximumLevel => 4;

    public string Alphabet => "0123456789+-?=MonTueWedThuFriSatSun";

    public TextProblem Create(int level, RandomStream random)
    {
        var date = First.AddDays(random.NextInt32(Last.DayNumber - First.DayNumber));
        var days = 1 + random.NextInt32(LongestGap);
        return level switch
        {
            1 => WeekdayLater(random.NextInt32(DaysInAWeek), days),
            2 => DateLater(date, days),
            3 => DaysBetween(date, days),
            _ => WeekdayOf(date),
        };
    }

    private static TextProblem WeekdayLater(int weekday, int days)
    {
        var (weeks, rest) = Math.DivRem(days, DaysInAWeek);
        var answer = Weekdays[(weekday + rest) % DaysInAWeek];
        return new TextProblem(
            Invariant($"{Weekdays[weekday]}+{days}="),
            Invariant($"Today is {Weekdays[weekday]}. Which weekday (Mon, Tue, Wed, Thu, Fri, Sat or Sun) is it in {days} days?"),
            [Invariant($"{rest}")], [Invariant($"{days} = {weeks} * 7 + {rest}"), Invariant($"{rest} days after {Weekdays[weekday]} is {answer}.")],
            answer, new ChoiceRule(answer, Weekdays));
    }

    private static TextProblem DateLater(DateOnly date, int days)
    {
        var answer = Iso(date.AddDays(days));
        var steps = new List<string>();
        var (left, now) = (days, date);
        while (left > 0)
        {
            var step = Math.Min(left, DateTime.DaysInMonth(now.Year, now.Month) - now.Day + 1);
            now = now.AddDays(step);
            left -= step;
            steps.Add(Invariant($"{step} days on is {Iso(now)}, {left} left."));
        }
        return new TextProblem(
            Invariant($"{Iso(date)}+{days}="), Invariant($"Which date is {days} days after {Iso(date)}? Write it as YYYY-MM-DD."),
            [], steps, answer, new ExactTextRule(answer, "0123456789-"));
    }

    private static TextProblem DaysBetween(DateOnly date, int days)
    {
        var later = date.AddDays(days);
        return new TextProblem(
            $"{Iso(later)}-{Iso(date)}=", $"How many days after {Iso(date)} is {Iso(later)}?",
            [], [Invariant($"From {Iso(date)} to {Iso(later)} it is {days} days.")], Invariant($"{days}"), new WholeNumberRule(days));
    }

    private static TextProblem WeekdayOf(DateOnly date)
    {
        // 2000-01-03 was a Monday.
        var distance = date.DayNumber - new DateOnly(2000, 1, 3).DayNumber;
        var answer = Weekdays[((distance % DaysInAWeek) + DaysInAWeek) % DaysInAWeek];
        return new TextProblem(
            Iso(date) + "?", $"Which weekday (Mon, Tue, Wed, Thu, Fri, Sat or Sun) is {Iso(date)}?",
            [], [Invariant($"2000-01-03 was Mon, and {Iso(date)} is {distance} days from it.")], answer, new ChoiceRule(answer, Weekdays));
    }

    private static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
