namespace Bellman.Cli;

/// <summary>Shows how a training goes: a bar where a person watches, else a plain line now and then.</summary>
internal sealed class TrainingDisplay(Terminal terminal) : ITrainingCallback, IDisposable
{
    private readonly ProgressLines lines = new(terminal.Output);
    private bool drawn;

    public bool Continue(TrainingProgress progress)
    {
        if (!terminal.IsInteractive) { return lines.Continue(progress); }
        const int width = 12;
        var share = (double)progress.Steps / progress.TotalSteps;
        var full = (int)(Math.Min(1, share) * width);
        var bar = new string('━', full) + new string('─', width - full);
        var text = $"{bar} {Math.Min(100, share * 100):0}%  {ProgressLines.Describe(progress)}";
        var room = Math.Max(20, terminal.Console.Profile.Width - 1);
        terminal.Output.Write("\r" + (text.Length > room ? text[..room] : text.PadRight(room)));
        drawn = true;
        return true;
    }

    public void Dispose()
    {
        if (drawn) { terminal.Output.WriteLine(); }
        drawn = false;
    }
}
