using System.Collections.Concurrent;
using Bellman.Runs;

namespace Bellman.Sweeps;

/// <summary>Trains a run up to a number of steps, continuing where it was.</summary>
/// <param name="run">The run.</param>
/// <param name="steps">Environment steps in all.</param>
/// <param name="cancellation">Stops it with a checkpoint.</param>
/// <returns>The highest and the last mean return of an evaluation; null if it was stopped.</returns>
public delegate (double Best, double Last, long Steps)? TrainRun(Run run, long steps, CancellationToken cancellation);

/// <summary>Runs the trials of a sweep rung by rung, several at a time, keeping each result as it comes.</summary>
public sealed class SweepRunner
{
    private readonly SweepFolder folder;
    private readonly SearchSpace space;
    private readonly TrainRun train;
    private readonly IReadOnlyDictionary<string, string>[] values;

    /// <summary>A runner for a sweep; every trial's values are drawn and checked.</summary>
    /// <exception cref="UsageException">The values of a trial do not fit together.</exception>
    public SweepRunner(SweepFolder folder, SearchSpace space, TrainRun train)
    {
        (this.folder, this.space, this.train) = (folder, space, train);
        values = [.. Enumerable.Range(0, folder.Definition.Trials).Select(trial => space.Draw(folder.Definition.Seed, trial))];
        Rungs = SuccessiveHalving.Rungs(folder.Definition.Trials, folder.Definition.Steps, folder.Definition.Halving);
    }

    /// <summary>The rungs.</summary>
    public IReadOnlyList<SweepRung> Rungs { get; }

    /// <summary>The space.</summary>
    public SearchSpace Space => space;

    /// <summary>Runs what is missing.</summary>
    /// <param name="jobs">Runs trained at the same time, at least 1; results do not depend on it.</param>
    /// <param name="finished">Hears of each run that completed a rung, one at a time.</param>
    /// <param name="cancellation">Stops every run with a checkpoint.</param>
    /// <returns>Whether the sweep is complete; false if it was cancelled.</returns>
    /// <exception cref="BellmanException">A result could not be stored.</exception>
    public bool Run(int jobs, Action<int, int, SweepOutcome> finished, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(jobs, 1);
        IReadOnlyList<int> trials = [.. Enumerable.Range(0, values.Length)];
        for (var rung = 0; rung < Rungs.Count; rung++)
        {
            trials = [.. SuccessiveHalving.Best(trials.Select(trial => KeyValuePair.Create(trial, rung == 0 ? 0 : Score(trial, rung - 1))), Rungs[rung].Trials).Order()];
            if (!RunRung(rung, trials, jobs, finished, cancellation)) { return false; }
        }
        return true;
    }

    /// <summary>Every trial that has a result, the best first: those that came further before the others.</summary>
    public IReadOnlyList<SweepTrial> Ranking()
    {
        var trials = Enumerable.Range(0, values.Length).Select(Standing).Where(trial => trial.Outcomes.Count > 0);
        return [.. trials.OrderByDescending(trial => trial.Rung)
            .ThenByDescending(trial => double.IsNaN(trial.Score) ? double.NegativeInfinity : trial.Score).ThenBy(trial => trial.Trial)];
    }

    private bool RunRung(int rung, IReadOnlyList<int> trials, int jobs, Action<int, int, SweepOutcome> finished, CancellationToken cancellation)
    {
        // Seeds outermost: an early look at the results sees every trial.
        var missing = (from seed in Enumerable.Range(0, folder.Definition.Seeds) from trial in trials where folder.Outcome(trial, seed, rung) is null select (trial, seed)).ToList();
        var gate = new Lock();
        try
        {
            var settings = new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = cancellation };
            Parallel.ForEach(Partitioner.Create(missing, EnumerablePartitionerOptions.NoBuffering), settings, cell =>
            {
                if (Train(cell.trial, cell.seed, rung, cancellation) is not { } outcome) { return; }
                folder.Store(cell.trial, cell.seed, outcome);
                lock (gate) { finished(cell.trial, cell.seed, outcome); }
            });
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (AggregateException failures) when (failures.InnerExceptions is [BellmanException first, ..])
        {
            throw new BellmanException(first.Message, first);
        }
        return missing.TrueForAll(cell => folder.Outcome(cell.trial, cell.seed, rung) is not null);
    }

    /// <summary>A run that diverges is a result too: the sweep goes on.</summary>
    private SweepOutcome? Train(int trial, int seed, int rung, CancellationToken cancellation)
    {
        if (rung > 0 && folder.Outcome(trial, seed, rung - 1) is { Failure: not null } before) { return before with { Rung = rung }; }
        using var run = folder.OpenRun(trial, seed, values[trial]);
        try
        {
            return train(run, Rungs[rung].Steps, cancellation) is { } end ? new SweepOutcome(rung, end.Steps, end.Best, end.Last) : null;
        }
        catch (DivergedTrainingException failure)
        {
            return new SweepOutcome(rung, run.Record.StepsTaken, double.NaN, double.NaN, failure.Message);
        }
    }

    private double Score(int trial, int rung) =>
        Enumerable.Range(0, folder.Definition.Seeds).Average(seed => folder.Outcome(trial, seed, rung)?.Best ?? double.NaN);

    private SweepTrial Standing(int trial)
    {
        for (var rung = Rungs.Count - 1; rung >= 0; rung--)
        {
            var outcomes = Enumerable.Range(0, folder.Definition.Seeds).Select(seed => folder.Outcome(trial, seed, rung)).OfType<SweepOutcome>().ToList();
            if (outcomes.Count == folder.Definition.Seeds) { return new SweepTrial(trial, values[trial], outcomes); }
        }
        return new SweepTrial(trial, values[trial], []);
    }
}
