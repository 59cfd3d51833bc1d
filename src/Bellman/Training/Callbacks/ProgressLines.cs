namespace Bellman;

/// <summary>Writes a line now and then: steps, speed, time left, returns.</summary>
public sealed class ProgressLines : ITrainingCallback
{
    private readonly TextWriter output;
    private readonly int lines;
    private long written;

    /// <summary>Writes to <paramref name="output"/>.</summary>
    /// <param name="output">Where the lines go.</param>
    /// <param name="lines">About how many over a whole training, at least 1.</param>
    public ProgressLines(TextWriter output, int lines = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lines, 1);
        (this.output, this.lines) = (output, lines);
    }

    /// <summary>How a training stands, in one line.</summary>
    public static string Describe(TrainingProgress progress) =>
        $"{progress.Agent.Algorithm} {progress.Steps}/{progress.TotalSteps}  {progress.StepsPerSecond:0} steps/s  left {progress.Remaining?.ToString(@"hh\:mm\:ss") ?? "-"}"
        + $"  return {Number(progress.RecentReturn)}  evaluation {Number(progress.LastEvaluation)}";

    /// <inheritdoc/>
    public bool Continue(TrainingProgress progress)
    {
        var due = progress.Steps * lines / progress.TotalSteps;
        if (due > written)
        {
            written = due;
            output.WriteLine(Describe(progress));
        }
        return true;
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("0.#") : "-";
}
