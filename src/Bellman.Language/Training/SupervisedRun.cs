using System.Diagnostics;
using Bellman.Runs;

namespace Bellman.Language;

/// <summary>How a supervised run stands, for whoever shows it.</summary>
/// <param name="Steps">Optimiser steps taken.</param>
/// <param name="TotalSteps">Steps it was asked for.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="Accuracy">Held-out accuracy of the last evaluation; NaN before the first.</param>
/// <param name="TokensPerSecond">Speed since this process began.</param>
/// <param name="Remaining">Estimated time left; null before there is a speed.</param>
public sealed record SupervisedProgress(long Steps, long TotalSteps, double Loss, double Accuracy, double TokensPerSecond, TimeSpan? Remaining);

/// <summary>
/// A supervised training as a run: metrics, evaluations, checkpoints. All of its state is in the checkpoint, so a resumed
/// run ends as if it had never stopped.
/// </summary>
public sealed class SupervisedRun : IStateful
{
    private readonly SupervisedFineTuning training;
    private readonly SupervisedEvaluation evaluation;
    private readonly RunConfiguration plan;
    private readonly MetricLog log;
    private readonly CheckpointStore checkpoints;
    private double accuracy = double.NaN;
    private double bestAccuracy = double.NaN;

    /// <summary>A run whose configuration says steps, and how often to evaluate and to save.</summary>
    public SupervisedRun(SupervisedFineTuning training, SupervisedEvaluation evaluation, Run run)
    {
        (this.training, this.evaluation, plan, log) = (training, evaluation, run.Configuration, run.Metrics);
        checkpoints = new CheckpointStore(Path.Combine(run.Folder, "checkpoints"), new CheckpointSubject(plan.Algorithm, plan.Environment, "text", "text"));
    }

    /// <summary>Held-out accuracy of the last evaluation; NaN before the first.</summary>
    public double Accuracy => accuracy;

    /// <summary>The best of all evaluations; NaN before the first.</summary>
    public double BestAccuracy => bestAccuracy;

    /// <summary>Continues from the newest whole checkpoint.</summary>
    /// <returns>Its steps; null if there is none and the run begins anew.</returns>
    /// <exception cref="BellmanException">Every checkpoint is damaged, or of another model.</exception>
    public long? Resume(Action<string>? warn = null)
    {
        var from = checkpoints.RestoreLatest(this, warn: warn);
        if (from is null) { log.Restart(); }
        return from;
    }

    /// <summary>Trains to the end of the plan.</summary>
    /// <exception cref="BellmanException">A loss was not finite, or a checkpoint could not be written; the last good one is kept.</exception>
    public TrainingEnd Train(Action<SupervisedProgress>? progress = null, CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        var (stepsBefore, tokensBefore) = (training.Steps, training.Tokens);
        var sink = new LastLoss(log);
        var logEvery = Math.Max(1, plan.Steps / 100);
        while (training.Steps < plan.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                checkpoints.Save(training.Steps, this);
                return TrainingEnd.Interrupted;
            }
            training.Advance(sink);
            if (log.NonFiniteLoss is { } bad) { throw new BellmanException($"Training stopped at step {training.Steps}: {bad}. The last checkpoint is kept. A smaller learningRate or maximumGradientNorm usually helps; train again with --set learningRate=..."); }
            if (Due(plan.EvaluateEvery) || (plan.EvaluateEvery > 0 && training.Steps == plan.Steps)) { Evaluate(cancellation); }
            if (Due(logEvery) || training.Steps == plan.Steps)
            {
                log.Write(training.Steps);
                var seconds = clock.Elapsed.TotalSeconds;
                progress?.Invoke(new SupervisedProgress(training.Steps, plan.Steps, sink.Loss, accuracy, (training.Tokens - tokensBefore) / seconds,
                    TimeSpan.FromSeconds(seconds * (plan.Steps - training.Steps) / (training.Steps - stepsBefore))));
            }
            if (Due(plan.CheckpointEvery) || training.Steps == plan.Steps) { checkpoints.Save(training.Steps, this); }
        }
        return TrainingEnd.Finished;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(accuracy), ref accuracy);
        state.Value(nameof(bestAccuracy), ref bestAccuracy);
        state.Part("agent", training);
        state.Part("metrics", log);
    }

    private bool Due(long every) => every > 0 && training.Steps % every == 0;

    private void Evaluate(CancellationToken cancellation)
    {
        var result = evaluation.Run(cancellation);
        accuracy = result.Accuracy;
        bestAccuracy = double.IsNaN(bestAccuracy) ? accuracy : Math.Max(bestAccuracy, accuracy);
        log.Add("evaluation/loss", result.Loss);
        log.Add("evaluation/accuracy", result.Accuracy);
        log.Add("evaluation/format", result.Format);
    }

    private sealed class LastLoss(IMetricSink inner) : IMetricSink
    {
        public double Loss { get; private set; } = double.NaN;

        public void Add(string name, double value)
        {
            if (name == "loss/supervised") { Loss = value; }
            inner.Add(name, value);
        }

        public void Episode(double episodeReturn, int length) => inner.Episode(episodeReturn, length);
    }
}
