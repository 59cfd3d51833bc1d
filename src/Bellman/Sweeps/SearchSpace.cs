namespace Bellman.Sweeps;

/// <summary>What a sweep tries: a range for each option that was named.</summary>
public sealed class SearchSpace
{
    private readonly OptionSet options;
    private readonly SortedDictionary<string, SearchRange> ranges = new(StringComparer.Ordinal);

    /// <summary>Reads assignments, <c>name=range</c> each.</summary>
    /// <param name="options">The algorithm's options.</param>
    /// <param name="assignments">What was set.</param>
    /// <exception cref="UsageException">An option is unknown or set twice, a range is malformed, or a value of it is not valid for the option.</exception>
    public SearchSpace(OptionSet options, IEnumerable<string> assignments)
    {
        this.options = options;
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) { throw new UsageException($"--set {assignment} is not an option. Write --set name=range."); }
            var option = options.Find(assignment[..equals]);
            var type = Nullable.GetUnderlyingType(option.Property.PropertyType) ?? option.Property.PropertyType;
            var range = SearchRange.Parse(option.Name, assignment[(equals + 1)..], type == typeof(int) || type == typeof(long));
            if (!ranges.TryAdd(option.Name, range)) { throw new UsageException($"--set {option.Name} was given twice. Give it once."); }
            // Each value alone: what does not fit together is found trial by trial.
            foreach (var value in range.Extremes) { options.RequireValid(option, value); }
        }
    }

    /// <summary>The ranges by option, in the order of their names.</summary>
    public IReadOnlyDictionary<string, SearchRange> Ranges => ranges;

    /// <summary>The options that vary.</summary>
    public IReadOnlyList<string> Searched => [.. ranges.Where(pair => !pair.Value.IsFixed).Select(pair => pair.Key)];

    /// <summary>
    /// The values of trial <paramref name="trial"/>. They depend on the seed, the trial and the option's own range alone:
    /// more trials or another option beside it change nothing.
    /// </summary>
    /// <exception cref="UsageException">The values do not fit together.</exception>
    public IReadOnlyDictionary<string, string> Draw(ulong seed, int trial)
    {
        var random = RandomStream.Create(seed, "sweep");
        var values = ranges.ToDictionary(pair => pair.Key, pair => pair.Value.Draw(random.Child(pair.Key, trial)));
        try
        {
            options.Create(values);
        }
        catch (UsageException error)
        {
            throw new UsageException($"Trial {trial} ({string.Join(" ", values.Select(pair => $"{pair.Key}={pair.Value}"))}) cannot be run. {error.Message} Narrow the ranges so that every combination fits.", error);
        }
        return values;
    }
}
