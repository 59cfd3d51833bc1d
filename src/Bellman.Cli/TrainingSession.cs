using System.Diagnostics;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>How a session of training ended.</summary>
/// <param name="Status">Finished, or interrupted where more can follow.</param>
/// <param name="Best">Highest mean return of an evaluation; negative infinity without one.</param>
/// <param name="Last">Mean return of the last evaluation; NaN without one.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record SessionEnd(RunStatus Status, double Best, double Last, double Seconds);

/// <summary>Trains the agent (or another trainee) of a run for a while and keeps the run's record true, however it ends.</summary>
internal sealed class TrainingSession
{
    private readonly RunStore store;
    private readonly Run run;
    private readonly ITrainee agent;
    private readonly TrainingLoop loop;

    /// <summary>A session of an agent, evaluated in environments of its own.</summary>
    public TrainingSession(RunStore store, Run run, IAgent agent, params IEnumerable<ITrainingCallback> callbacks)
        : this(store, run, agent, InEnvironments(run.Configuration), callbacks) { }

    /// <summary>A session of any trainee.</summary>
    public TrainingSession(RunStore store, Run run, ITrainee agent, TrainingLoopOptions options, params IEnumerable<ITrainingCallback> callbacks)
    {
        (this.store, this.run, this.agent) = (store, run, agent);
        if (run.Configuration.StopAtReturn is { } target) { callbacks = callbacks.Append(new StopAtReturn(target)); }
        loop = new TrainingLoop(agent, options, run, [.. callbacks]);
    }

    private static TrainingLoopOptions InEnvironments(RunConfiguration configuration) => new()
    {
        LogEvery = Math.Max(1, configuration.Steps / 100),
        CheckpointEvery = configuration.CheckpointEvery,
        EvaluateEvery = configuration.EvaluateEvery,
        EvaluationEpisodes = configuration.EvaluationEpisodes,
        EvaluationSeed = Agents.SelectionSeed(configuration.Seed),
        EvaluationEnvironment = () => AllEnvironments.Registry().MakeVector(configuration.Environment, Math.Min(configuration.EvaluationEpisodes, 10)),
    };

    /// <summary>Continues from the newest checkpoint; without one the run begins anew, and its files with it.</summary>
    /// <returns>The checkpoint's steps, or null.</returns>
    public long? Resume(Action<string> warn)
    {
        var from = loop.Resume(warn);
        if (from is null) { run.Metrics.Restart(); }
        return from;
    }

    /// <summary>Trains until <paramref name="steps"/> steps in all; the run is finished when these are all of its own.</summary>
    /// <exception cref="BellmanException">Training failed; the run is recorded as failed.</exception>
    public SessionEnd Train(long steps, CancellationToken cancellation)
    {
        store.Update(run, record => record with { Status = RunStatus.Running });
        var clock = Stopwatch.StartNew();
        RunStatus status;
        try
        {
            var finished = loop.Run(steps, cancellation) == TrainingEnd.Finished && (loop.Stopped || steps >= run.Configuration.Steps);
            status = finished ? RunStatus.Finished : RunStatus.Interrupted;
        }
        catch (BellmanException failure)
        {
            try { Record(RunStatus.Failed, clock); }
            catch (BellmanException second) { throw new BellmanException($"{failure.Message} {second.Message}", failure); }
            throw;
        }
        Record(status, clock);
        return new SessionEnd(status, loop.BestEvaluation, loop.LastEvaluation, clock.Elapsed.TotalSeconds);
    }

    private void Record(RunStatus status, Stopwatch clock) => store.Update(run, record => record with
    {
        Status = status,
        StepsTaken = agent.Steps,
        BestEvaluation = double.IsFinite(loop.BestEvaluation) ? loop.BestEvaluation : null,
        Seconds = record.Seconds + clock.Elapsed.TotalSeconds,
    });
}
