using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>Shows how a training goes: a bar where a person watches, else a plain line now and then.</summary>
internal sealed class TrainingDisplay(Terminal terminal, Run run) : ITrainingCallback, IDisposable
{
    private const int LinesPerRun = 10;

    private long lastLine;
    private bool drawn;

    public bool Continue(TrainingProgress progress)
    {
        var share = (double)progress.Steps / progress.TotalSteps;
        var line = $"{run.Configuration.Algorithm} {progress.Steps}/{progress.TotalSteps}  {progress.StepsPerSecond:0} steps/s  left {progress.Remaining?.ToString(@"hh\:mm\:ss") ?? "-"}"
            + $"  return {Number(progress.RecentReturn)}  evaluation {Number(progress.LastEvaluation)}";
        if (terminal.IsInteractive)
        {
            const int width = 12;
            var full = (int)(Math.Min(1, share) * width);
            var bar = new string('━', full) + new string('─', width - full);
            var text = $"{bar} {Math.Min(100, share * 100):0}%  {line}";
            var room = Math.Max(20, terminal.Console.Profile.Width - 1);
            terminal.Output.Write("\r" + (text.Length > room ? text[..room] : text.PadRight(room)));
            drawn = true;
        }
        else if (progress.Steps * LinesPerRun / progress.TotalSteps > lastLine)
        {
            lastLine = progress.Steps * LinesPerRun / progress.TotalSteps;
            terminal.Output.WriteLine(line);
        }
        return true;
    }

    public void Dispose()
    {
        if (drawn) { terminal.Output.WriteLine(); }
        drawn = false;
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("0.#") : "-";
}
