using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Bellman.Cli;

/// <summary>Where a command writes: tables and progress for people, JSON for machines.</summary>
internal sealed class Terminal
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public Terminal(TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        Output = output;
        Error = error;
        Cancellation = cancellation;
        IsInteractive = ReferenceEquals(output, System.Console.Out) && !System.Console.IsOutputRedirected && !System.Console.IsErrorRedirected;
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Interactive = IsInteractive ? InteractionSupport.Yes : InteractionSupport.No,
            Ansi = IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        // A pipe has no width; a table cut at 80 columns would lose words.
        if (!IsInteractive) { Console.Profile.Width = 200; }
    }

    public TextWriter Output { get; }

    public TextWriter Error { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>Whether a person watches: bars may be drawn over. Otherwise progress is plain lines.</summary>
    public bool IsInteractive { get; }

    public IAnsiConsole Console { get; }

    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var heading in headings) { table.AddColumn(new TableColumn(new Spectre.Console.Text(heading))); }
        foreach (var row in rows) { table.AddRow(row.Select(cell => new Spectre.Console.Text(cell))); }
        Console.Write(table);
    }

    public void Json(JsonNode json) => Output.WriteLine(json.ToJsonString(Indented));
}
