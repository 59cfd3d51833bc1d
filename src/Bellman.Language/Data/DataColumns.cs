namespace Bellman.Language.Data;

/// <summary>Which column of a data file plays which role, as in <c>--columns prompt=problem,answer=solution</c>.</summary>
public sealed class DataColumns
{
    private readonly Dictionary<string, string> given = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Columns chosen by their usual names.</summary>
    public static DataColumns Usual { get; } = new();

    /// <summary>Reads <c>role=column,role=column</c>.</summary>
    /// <param name="text">The assignments.</param>
    /// <param name="roles">The roles there are.</param>
    /// <exception cref="UsageException">An assignment is malformed, or a role unknown or given twice.</exception>
    public static DataColumns Parse(string text, params IReadOnlyList<string> roles)
    {
        var columns = new DataColumns();
        foreach (var pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == pair.Length - 1) { throw new UsageException($"'{pair}' is no assignment of a column. Write role=column, e.g. {roles[0]}=question."); }
            var role = roles.FirstOrDefault(role => role.Equals(pair[..equals], StringComparison.OrdinalIgnoreCase))
                ?? throw NearNames.Unknown("role of a column", pair[..equals], roles, $"Roles are: {string.Join(", ", roles)}.");
            if (!columns.given.TryAdd(role, pair[(equals + 1)..])) { throw new UsageException($"The column of '{role}' was given twice. Give it once."); }
        }
        return columns;
    }

    /// <summary>The column of a role in a row: the one that was given, else the first of its usual names that the row has; null without one.</summary>
    public string? Find(string role, DataRow row, params IReadOnlyList<string> usual) =>
        given.TryGetValue(role, out var column) ? column : usual.FirstOrDefault(name => row.Find(name) is not null);

    /// <summary>As <see cref="Find"/>, for a role that must have a column.</summary>
    /// <exception cref="UsageException">There is none; the message lists the columns that are there.</exception>
    public string Require(string role, DataRow row, params IReadOnlyList<string> usual) =>
        Find(role, row, usual) ?? throw new UsageException(
            $"{row.Place} has no column for '{role}': none of {string.Join(", ", usual)} is there. It has: {string.Join(", ", row.Values.Select(pair => pair.Key))}. Name one with --columns {role}=COLUMN.");
}
