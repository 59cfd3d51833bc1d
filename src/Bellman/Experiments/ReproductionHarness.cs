using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Bellman.Experiments;

/// <summary>
/// Runs a reproduction's cells, several at a time. Each finished cell is stored at once, so that a run that was killed or
/// cancelled continues with the cells that are missing; a cell that fails does not stop the others.
/// </summary>
public static class ReproductionHarness
{
    /// <summary>Computes the cells that are not stored yet and decides the claims.</summary>
    /// <param name="reproduction">What to run.</param>
    /// <param name="settings">How to run it.</param>
    /// <param name="progress">Gets a snapshot at every event, from the threads that compute, one at a time.</param>
    /// <param name="cancellation">Stops the run; finished cells stay stored.</param>
    /// <exception cref="UsageException">A setting is out of range, or the full size cannot run yet.</exception>
    /// <exception cref="BellmanException">The reproduction is inconsistent, or the folder cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static ReproductionOutcome Run(Reproduction reproduction, ReproductionSettings settings,
        IProgress<ReproductionProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (settings.Jobs < 1) { throw new UsageException($"The number of jobs is {settings.Jobs}; it must be 1 or more, best the number of processor cores."); }
        var plan = new ReproductionPlan(reproduction, settings.Size, settings.SeedCount);
        var folder = settings.FolderFor(reproduction);
        var store = new CellStore(reproduction, Path.Combine(folder, "cells"));
        if (settings.Fresh) { store.Clear(); }

        var tracker = new ProgressTracker(plan, settings.Jobs, progress);
        var records = new ConcurrentDictionary<Cell, CellRecord>();
        var failures = new ConcurrentDictionary<Cell, CellFailure>();
        var missing = new ConcurrentQueue<Cell>();
        foreach (var cell in plan.Cells)
        {
            if (store.TryRead(cell, out var warning) is { } stored)
            {
                records[cell] = stored;
                tracker.Reuse();
                continue;
            }
            missing.Enqueue(cell);
            if (warning is not null) { tracker.Warn(warning); }
        }
        var commit = Provenance.Commit(Directory.GetCurrentDirectory());
        WarnOfOthers([.. records.Values], commit, tracker);
        tracker.Announce();

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        void Work()
        {
            while (!stop.IsCancellationRequested && missing.TryDequeue(out var cell))
            {
                switch (Compute(plan, store, cell, commit, tracker, stop.Token))
                {
                    case { Record: { } record }:
                        store.Write(record);
                        records[cell] = record;
                        tracker.Finish(record);
                        break;
                    case { Failure: { } failure }:
                        failures[cell] = failure;
                        tracker.Fail(failure);
                        break;
                }
            }
        }
        RunOnThreads(Math.Min(settings.Jobs, missing.Count), Work, stop);
        cancellation.ThrowIfCancellationRequested();
        return new ReproductionOutcome(plan, folder, records, [.. plan.Cells.Where(failures.ContainsKey).Select(cell => failures[cell])]);
    }

    /// <summary>Stored cells go on counting when the code has changed: only a person can tell whether what they measure has.</summary>
    private static void WarnOfOthers(IReadOnlyCollection<CellRecord> stored, string commit, ProgressTracker tracker)
    {
        var others = stored.Where(record => record.Commit != commit).ToList();
        if (others.Count == 0) { return; }
        var commits = string.Join(", ", others.Select(record => Provenance.Abbreviated(record.Commit)).Distinct().Order(StringComparer.Ordinal));
        tracker.Warn($"{others.Count} of {stored.Count} stored cells were measured at commit {commits}, not at {Provenance.Abbreviated(commit)} as now. If what they measure has changed since, compute all again with --fresh.");
    }

    private static (CellRecord? Record, CellFailure? Failure) Compute(ReproductionPlan plan, CellStore store, Cell cell, string commit, ProgressTracker tracker, CancellationToken cancellation)
    {
        var context = new CellContext(RandomStream.Create(cell.Seed, plan.Reproduction.Slug), store.FolderOf(cell),
            (share, message) => tracker.Report(cell, share, message), cancellation);
        var started = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        tracker.Start(cell);
        try
        {
            var result = plan.Reproduction.RunCell(cell, context);
            CheckResult(plan, result);
            return (new CellRecord(cell, result, started, clock.Elapsed.TotalSeconds) { Commit = commit }, null);
        }
        catch (Exception exception) when (IsCellFailure(exception))
        {
            return (null, new CellFailure(cell, exception));
        }
    }

    /// <summary>What a paper's code throws when it is wrong. A cancellation and a failing process pass through.</summary>
    private static bool IsCellFailure(Exception exception) => exception
        is BellmanException or ArgumentException or InvalidOperationException or ArithmeticException or IndexOutOfRangeException
        or NullReferenceException or InvalidCastException or KeyNotFoundException or FormatException or NotSupportedException
        or NotImplementedException or TimeoutException or IOException or UnauthorizedAccessException or ExternalException
        or TypeInitializationException or DllNotFoundException or AggregateException;

    private static void CheckResult(ReproductionPlan plan, CellResult result)
    {
        var expected = plan.Metrics.Select(metric => metric.Name).ToHashSet();
        var lacking = expected.Where(name => !result.Metrics.ContainsKey(name)).ToList();
        var unknown = result.Metrics.Keys.Where(name => !expected.Contains(name)).ToList();
        if (lacking.Count > 0 || unknown.Count > 0)
        {
            var problems = new List<string>();
            if (lacking.Count > 0) { problems.Add($"lacks the metrics {string.Join(", ", lacking)}"); }
            if (unknown.Count > 0) { problems.Add($"has metrics that are not defined: {string.Join(", ", unknown)}"); }
            throw new BellmanException($"The cell's result {string.Join(" and ", problems)}. The reproduction defines {string.Join(", ", expected)}.");
        }
        if (result.Curves.FirstOrDefault(curve => curve.X.Count != curve.Y.Count) is { } uneven)
        {
            throw new BellmanException($"The curve '{uneven.Name}' has {uneven.X.Count} x and {uneven.Y.Count} y values; they must be equal in number.");
        }
    }

    /// <summary>Runs <paramref name="work"/> on threads of its own; the first error stops all and is thrown here.</summary>
    private static void RunOnThreads(int count, Action work, CancellationTokenSource stop)
    {
        void Guarded()
        {
            var finished = false;
            try
            {
                work();
                finished = true;
            }
            finally
            {
                if (!finished) { stop.Cancel(); }
            }
        }
        var workers = Enumerable.Range(0, count)
            .Select(_ => Task.Factory.StartNew(Guarded, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        var errors = Task.WhenAll(workers).ContinueWith(all => all.Exception?.InnerExceptions, TaskScheduler.Default).GetAwaiter().GetResult();
        // A worker that was stopped because another failed is not the cause.
        var cause = errors?.FirstOrDefault(error => error is not OperationCanceledException) ?? errors?[0];
        if (cause is not null) { ExceptionDispatchInfo.Throw(cause); }
    }
}
