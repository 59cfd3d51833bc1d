using Bellman.Language;

namespace Bellman.Cli;

/// <summary>Sampling options from <c>--set name=value</c> over a command's own defaults.</summary>
internal static class SamplingAssignments
{
    /// <exception cref="UsageException">An assignment is malformed, an option unknown or out of range.</exception>
    public static SamplingOptions Read(IEnumerable<string> assignments, params ReadOnlySpan<(string Name, string Value)> defaults)
    {
        var set = OptionSet.Of<SamplingOptions>("sampling");
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in defaults) { values[name] = value; }
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) { throw new UsageException($"--set {assignment} is not an option. Write --set name=value."); }
            values[set.Find(assignment[..equals]).Name] = assignment[(equals + 1)..];
        }
        return set.Create<SamplingOptions>(values);
    }
}
