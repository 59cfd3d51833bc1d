using System.Diagnostics;
using Bellman.Runs;

namespace Bellman;

/// <summary>When a <see cref="TrainingLoop"/> looks up from its work, in the steps that its trainee counts.</summary>
public sealed record TrainingLoopOptions
{
    /// <summary>Steps between lines of metrics.</summary>
    public long LogEvery { get; init; } = 1_000;

    /// <summary>Steps between checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 50_000;

    /// <summary>Steps between evaluations; 0 for none.</summary>
    public long EvaluateEvery { get; init; } = 10_000;

    /// <summary>Episodes of an evaluation.</summary>
    public int EvaluationEpisodes { get; init; } = 20;

    /// <summary>Makes the environments to evaluate an agent in; null for no evaluation, or another kind.</summary>
    public Func<VectorEnvironment>? EvaluationEnvironment { get; init; }

    /// <summary>
    /// Evaluates a trainee that has no environments: writes what it measures, named <c>evaluation/...</c>, and returns the number by
    /// which the best checkpoint is chosen (higher is better). Null for none.
    /// </summary>
    public Func<IMetricSink, double>? Evaluation { get; init; }

    /// <summary>Seed of the evaluations' draws; each evaluation of a run plays the same episodes.</summary>
    public ulong EvaluationSeed { get; init; }
}

/// <summary>How a training loop stands.</summary>
/// <param name="Steps">Environment steps taken.</param>
/// <param name="TotalSteps">Steps it was asked for.</param>
/// <param name="Episodes">Episodes finished.</param>
/// <param name="RecentReturn">Mean return of the last 100 episodes; NaN before the first.</param>
/// <param name="LastEvaluation">Mean return of the last evaluation; NaN before the first.</param>
/// <param name="BestEvaluation">Highest mean return of an evaluation; negative infinity before the first.</param>
/// <param name="StepsPerSecond">Speed since this process began.</param>
public sealed record TrainingProgress(long Steps, long TotalSteps, long Episodes, double RecentReturn, double LastEvaluation, double BestEvaluation, double StepsPerSecond)
{
    /// <summary>Steps at which the last evaluation was made; -1 before the first.</summary>
    public long EvaluatedAt { get; init; } = -1;

    /// <summary>The agent, or other trainee, that is trained.</summary>
    public required ITrainee Agent { get; init; }

    /// <summary>Takes measurements of a callback's own; they join the line of metrics that is about to be written.</summary>
    public required IMetricSink Metrics { get; init; }

    /// <summary>Estimated time left; null before there is a speed.</summary>
    public TimeSpan? Remaining => StepsPerSecond > 0 ? TimeSpan.FromSeconds(Math.Max(0, TotalSteps - Steps) / StepsPerSecond) : null;
}

/// <summary>
/// Watches a training loop; any number of them work side by side. One that is <see cref="IStateful"/> too travels in the
/// loop's checkpoints. Ready-made: <see cref="StopAtReturn"/>, <see cref="StopWithoutImprovement"/>,
/// <see cref="EvaluateOn"/>, <see cref="SaveBest"/>, <see cref="ProgressLines"/>.
/// </summary>
public interface ITrainingCallback
{
    /// <summary>Before each line of metrics; returning false ends the training cleanly.</summary>
    bool Continue(TrainingProgress progress);
}

/// <summary>Why a training loop returned.</summary>
public enum TrainingEnd
{
    /// <summary>All steps were taken, or a callback was satisfied.</summary>
    Finished,

    /// <summary>It was cancelled; a checkpoint was written.</summary>
    Interrupted,
}

/// <summary>
/// Advances an agent, or another trainee, for a number of steps: metrics, evaluations on environments of their own, checkpoints, the best
/// one apart. All of its state is in the checkpoint, so a resumed run ends as if it had never stopped.
/// </summary>
public sealed class TrainingLoop : IStateful
{
    private readonly ITrainee agent;
    private readonly TrainingLoopOptions options;
    private readonly MetricLog log;
    private readonly CheckpointStore? checkpoints;
    private readonly IReadOnlyList<ITrainingCallback> callbacks;
    private double lastEvaluation = double.NaN;
    private double bestEvaluation = double.NegativeInfinity;
    private long evaluatedAt = -1;
    private bool stopped;

    /// <summary>A loop in memory.</summary>
    public TrainingLoop(ITrainee agent, TrainingLoopOptions? options = null, params IReadOnlyList<ITrainingCallback> callbacks)
        : this(agent, options ?? new TrainingLoopOptions(), new MetricLog(), null, callbacks) { }

    /// <summary>A loop that writes to a run's folder.</summary>
    public TrainingLoop(ITrainee agent, TrainingLoopOptions options, Run run, params IReadOnlyList<ITrainingCallback> callbacks)
        : this(agent, options, run.Metrics, run.CheckpointsOf(agent), callbacks) { }

    private TrainingLoop(ITrainee agent, TrainingLoopOptions options, MetricLog log, CheckpointStore? checkpoints, IReadOnlyList<ITrainingCallback> callbacks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LogEvery, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CheckpointEvery, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.EvaluateEvery);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.EvaluationEpisodes, 1);
        (this.agent, this.options, this.log, this.checkpoints, this.callbacks) = (agent, options, log, checkpoints, callbacks);
    }

    /// <summary>The name of the agent's part in a checkpoint of the loop.</summary>
    public const string AgentPart = "agent";

    /// <summary>Mean return of the best evaluation; negative infinity before the first.</summary>
    public double BestEvaluation => bestEvaluation;

    /// <summary>Mean return of the last evaluation; NaN before the first.</summary>
    public double LastEvaluation => lastEvaluation;

    /// <summary>Whether a callback was satisfied and ended the training before all steps were taken.</summary>
    public bool Stopped => stopped;

    /// <summary>Measurements of the loop.</summary>
    public MetricLog Metrics => log;

    /// <summary>Continues from the newest whole checkpoint of the run.</summary>
    /// <returns>Its steps; null if there is none and the run begins anew.</returns>
    /// <exception cref="BellmanException">Every checkpoint is damaged, or of another agent.</exception>
    public long? Resume(Action<string>? warn = null) => checkpoints?.RestoreLatest(this, warn: warn);

    /// <summary>Trains until <paramref name="totalSteps"/> environment steps have been taken in all.</summary>
    /// <exception cref="DivergedTrainingException">A loss was not finite; the last good checkpoint is kept.</exception>
    /// <exception cref="BellmanException">A checkpoint could not be written; the one before is kept.</exception>
    public TrainingEnd Run(long totalSteps, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        var clock = Stopwatch.StartNew();
        var startedAt = agent.Steps;
        while (!stopped && agent.Steps < totalSteps)
        {
            if (cancellation.IsCancellationRequested)
            {
                checkpoints?.Save(agent.Steps, this);
                return TrainingEnd.Interrupted;
            }
            var before = agent.Steps;
            agent.Advance(log);
            RequireFiniteLoss();
            if (Crossed(before, options.EvaluateEvery)) { Evaluate(); }
            if (Crossed(before, options.LogEvery))
            {
                Consult(totalSteps, (agent.Steps - startedAt) / clock.Elapsed.TotalSeconds);
                log.Write(agent.Steps);
                if (stopped) { break; }
            }
            if (Crossed(before, options.CheckpointEvery)) { checkpoints?.Save(agent.Steps, this); }
        }
        var lastEvaluationIsDue = evaluatedAt != agent.Steps && Evaluate();
        if (lastEvaluationIsDue || log.LastStep != agent.Steps) { log.Write(agent.Steps); }
        checkpoints?.Save(agent.Steps, this);
        return TrainingEnd.Finished;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(lastEvaluation), ref lastEvaluation);
        state.Value(nameof(bestEvaluation), ref bestEvaluation);
        state.Value(nameof(evaluatedAt), ref evaluatedAt);
        state.Value(nameof(stopped), ref stopped);
        state.Part(AgentPart, agent);
        state.Part("metrics", log);
        var index = 0;
        foreach (var callback in callbacks.OfType<IStateful>()) { state.Part($"callback{index++}", callback); }
    }

    /// <summary>Every callback is heard, also after one is satisfied.</summary>
    private void Consult(long totalSteps, double stepsPerSecond)
    {
        if (callbacks.Count == 0) { return; }
        var progress = new TrainingProgress(agent.Steps, totalSteps, log.Episodes, log.RecentReturn, lastEvaluation, bestEvaluation, stepsPerSecond)
        {
            EvaluatedAt = evaluatedAt,
            Agent = agent,
            Metrics = log,
        };
        foreach (var callback in callbacks) { stopped |= !callback.Continue(progress); }
    }

    /// <summary>Whether the last advance passed a multiple: no counter is needed, so none can be lost.</summary>
    private bool Crossed(long before, long every) => every > 0 && agent.Steps / every > before / every;

    /// <returns>Whether evaluations were asked for.</returns>
    private bool Evaluate()
    {
        if (options.EvaluateEvery == 0 || (options.Evaluation is null && options.EvaluationEnvironment is null)) { return false; }
        lastEvaluation = options.Evaluation is { } evaluate ? evaluate(log) : Play(options.EvaluationEnvironment);
        evaluatedAt = agent.Steps;
        if (lastEvaluation > bestEvaluation)
        {
            bestEvaluation = lastEvaluation;
            checkpoints?.SaveBest(agent.Steps, this);
        }
        return true;
    }

    private double Play(Func<VectorEnvironment>? create)
    {
        if (agent is not IAgent player || create is null) { throw new InvalidOperationException($"{agent.Algorithm} does not act in environments; evaluate it with {nameof(TrainingLoopOptions.Evaluation)}."); }
        using var environment = create();
        var result = Evaluation.Run(player.Policy, environment, options.EvaluationEpisodes, options.EvaluationSeed);
        log.Add("evaluation/mean_return", result.MeanReturn);
        log.Add("evaluation/mean_length", result.MeanLength);
        return result.MeanReturn;
    }

    private void RequireFiniteLoss()
    {
        if (log.NonFiniteLoss is not { } loss) { return; }
        var kept = checkpoints is null ? "" : checkpoints.BySteps is [var newest, ..]
            ? $" The last good checkpoint is kept: {newest}."
            : " No checkpoint had been written yet.";
        throw new DivergedTrainingException($"Training stopped at step {agent.Steps}: {loss}.{kept} A smaller learningRate or maximumGradientNorm usually helps; train again with --set learningRate=...");
    }
}

/// <summary>A loss was not finite: with these options and this seed training fails, and would fail again.</summary>
public sealed class DivergedTrainingException : BellmanException
{
    /// <inheritdoc/>
    public DivergedTrainingException(string message) : base(message) { }

    /// <inheritdoc/>
    public DivergedTrainingException(string message, Exception innerException) : base(message, innerException) { }

    /// <inheritdoc/>
    public DivergedTrainingException() { }
}
