using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>Parts of a command that is printed to be typed: it works as it stands, from where the user is.</summary>
internal static class Typed
{
    /// <summary>The run's id, or its folder where no command would look for it without <c>--runs</c>.</summary>
    public static string Name(Run run) => Path.GetDirectoryName(run.Folder) == Path.GetFullPath("runs") ? run.Id : Argument(run.Folder);

    /// <summary>In quotes if it holds what a shell reads otherwise.</summary>
    public static string Argument(string text) =>
        text.Length > 0 && text.All(character => char.IsLetterOrDigit(character) || "-_./:=,+\\".Contains(character, StringComparison.Ordinal)) ? text : $"\"{text}\"";
}
