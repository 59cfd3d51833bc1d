using System.Diagnostics;

namespace Bellman.Experiments;

/// <summary>Counts cells and estimates the time left, for whoever shows the progress.</summary>
internal sealed class ProgressTracker(ReproductionPlan plan, int jobs, IProgress<ReproductionProgress>? progress)
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly Dictionary<Cell, (RunningCell State, TimeSpan Since)> running = [];
    private readonly List<double> finished = [];
    private int reused;
    private int failed;
    private TimeSpan published;

    internal void Reuse() => reused++;

    internal void Announce() => Publish(() => { });

    internal void Warn(string message) => Publish(() => { }, warning: message);

    internal void Start(Cell cell) => Publish(() => running[cell] = (new RunningCell(cell, 0, ""), clock.Elapsed));

    internal void Report(Cell cell, double share, string message)
    {
        lock (gate)
        {
            running[cell] = (new RunningCell(cell, share, message), running[cell].Since);
            if (clock.Elapsed - published < QuietTime) { return; }
            Publish(() => { });
        }
    }

    internal void Finish(CellRecord record) => Publish(
        () =>
        {
            running.Remove(record.Cell);
            finished.Add(record.Seconds);
        },
        record);

    internal void Fail(CellFailure failure) => Publish(
        () =>
        {
            running.Remove(failure.Cell);
            failed++;
        },
        warning: failure.Message);

    private void Publish(Action change, CellRecord? record = null, string? warning = null)
    {
        lock (gate)
        {
            change();
            published = clock.Elapsed;
            progress?.Report(new ReproductionProgress
            {
                Done = reused + finished.Count,
                Reused = reused,
                Failed = failed,
                Total = plan.Cells.Count,
                Running = [.. running.Values.Select(entry => entry.State)],
                Elapsed = clock.Elapsed,
                Remaining = Estimate(),
                Finished = record,
                Warning = warning,
            });
        }
    }

    /// <summary>The work left, from how long cells took so far, shared among the jobs.</summary>
    private TimeSpan? Estimate()
    {
        var left = plan.Cells.Count - reused - finished.Count - failed;
        if (left == 0) { return TimeSpan.Zero; }
        var now = clock.Elapsed;
        var samples = finished
            .Concat(running.Values.Where(cell => cell.State.Share > 0.05).Select(cell => (now - cell.Since).TotalSeconds / cell.State.Share))
            .ToList();
        if (samples.Count == 0) { return null; }
        var begun = running.Values.Sum(cell => cell.State.Share);
        return TimeSpan.FromSeconds(samples.Average() * (left - begun) / Math.Min(jobs, left));
    }
}
