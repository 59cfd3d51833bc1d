namespace Bellman;

/// <summary>Ends the training once evaluations reach a mean return.</summary>
public sealed class StopAtReturn : ITrainingCallback, IStateful
{
    private readonly double target;
    private readonly int times;
    private long seenAt = -1;
    private int reached;

    /// <summary>Ends at <paramref name="target"/>.</summary>
    /// <param name="target">Mean return of an evaluation.</param>
    /// <param name="times">Evaluations in a row that must reach it, at least 1; more than one is not fooled by a lucky one.</param>
    public StopAtReturn(double target, int times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        if (double.IsNaN(target)) { throw new ArgumentOutOfRangeException(nameof(target), target, "The return to stop at is a number."); }
        (this.target, this.times) = (target, times);
    }

    /// <inheritdoc/>
    public bool Continue(TrainingProgress progress)
    {
        if (progress.EvaluatedAt == seenAt) { return true; }
        seenAt = progress.EvaluatedAt;
        reached = progress.LastEvaluation >= target ? reached + 1 : 0;
        return reached < times;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(seenAt), ref seenAt);
        state.Value(nameof(reached), ref reached);
    }
}
