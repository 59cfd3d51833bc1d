namespace Bellman;

/// <summary>Ends the training when evaluations have not become better for a while.</summary>
public sealed class StopWithoutImprovement : ITrainingCallback, IStateful
{
    private readonly int patience;
    private readonly double margin;
    private double best = double.NegativeInfinity;
    private long seenAt = -1;
    private int idle;

    /// <summary>Ends after <paramref name="patience"/> evaluations without a new best.</summary>
    /// <param name="patience">Evaluations in a row, at least 1.</param>
    /// <param name="margin">How much better counts as better, in units of return, at least 0.</param>
    public StopWithoutImprovement(int patience, double margin = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(margin);
        (this.patience, this.margin) = (patience, margin);
    }

    /// <inheritdoc/>
    public bool Continue(TrainingProgress progress)
    {
        if (progress.EvaluatedAt == seenAt) { return true; }
        seenAt = progress.EvaluatedAt;
        idle = progress.LastEvaluation > best + margin ? 0 : idle + 1;
        best = Math.Max(best, progress.LastEvaluation);
        return idle < patience;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(best), ref best);
        state.Value(nameof(seenAt), ref seenAt);
        state.Value(nameof(idle), ref idle);
    }
}
