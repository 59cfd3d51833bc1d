using Bellman.Language.Tasks.Problems;

namespace Bellman.Language.Tasks;

/// <summary>How a task is made by name.</summary>
/// <param name="Name">As in <c>--task arithmetic</c>.</param>
/// <param name="Summary">One sentence for listings.</param>
/// <param name="Options">The options record.</param>
/// <param name="Create">Makes the task from such a record.</param>
public sealed record TaskRegistration(string Name, string Summary, Type Options, Func<object, ITextTask> Create);

/// <summary>The tasks that can be asked for by name, with options as in <c>arithmetic?level=2&amp;digits=2</c>.</summary>
public static class TaskRegistry
{
    /// <summary>Every task.</summary>
    public static IReadOnlyList<TaskRegistration> All { get; } =
    [
        Generated<ArithmeticOptions>("arithmetic", "Chains of additions, subtractions and products.", options => new ArithmeticProblems(options)),
        Generated<ModularOptions>("modular", "Sums and products modulo a number.", options => new ModularProblems(options)),
        Generated<CountdownOptions>("countdown", "Make a target from given numbers, each used once.", options => new CountdownProblems(options)),
        Generated<TaskOptions>("sorting", "Put numbers in order.", _ => new SortingProblems()),
        Generated<TaskOptions>("strings", "Reverse, rotate, swap, double and drop letters.", _ => new StringProblems()),
        Generated<TaskOptions>("word-problems", "Small stories about how many things somebody has.", _ => new WordProblems()),
        Generated<TaskOptions>("reachability", "Can one place of a directed graph be reached from another?", _ => new ReachabilityProblems()),
        Generated<TaskOptions>("brackets", "Close the brackets that are open.", _ => new BracketProblems()),
        Generated<TaskOptions>("calendar", "Weekdays and dates some days on, days between dates, weekdays of dates.", _ => new CalendarProblems()),
    ];

    /// <summary>Makes a task.</summary>
    /// <param name="id">The name, options after a question mark.</param>
    /// <exception cref="UsageException">The name or an option is not known, or a value is out of range.</exception>
    public static ITextTask Create(string id)
    {
        var parts = id.Split('?', 2);
        var registration = Find(parts[0]);
        var values = new List<KeyValuePair<string, string>>();
        foreach (var pair in parts.Length > 1 ? parts[1].Split('&', StringSplitOptions.RemoveEmptyEntries) : [])
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) { throw new UsageException($"'{pair}' in '{id}' is not an option. Write {parts[0]}?name=value&other=value."); }
            values.Add(new(pair[..equals], pair[(equals + 1)..]));
        }
        return registration.Create(OptionSet.Of(registration.Options, $"task {registration.Name}").Create(values));
    }

    /// <summary>The registration of a name.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest names.</exception>
    public static TaskRegistration Find(string name) =>
        All.FirstOrDefault(task => task.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw NearNames.Unknown("task", name, All.Select(task => task.Name), $"Tasks are: {string.Join(", ", All.Select(task => task.Name))}.");

    private static TaskRegistration Generated<T>(string name, string summary, Func<T, IProblemGenerator> generator) where T : TaskOptions =>
        new(name, summary, typeof(T), options => new GeneratedTask(name, generator((T)options), (T)options));
}
