using Bellman.Runs;

namespace Bellman;

/// <summary>
/// Keeps the agent of the best evaluation in a folder of its own, to be read with <see cref="AgentFile.Load"/>. (A run's
/// folder has its best checkpoint anyway; this one is for loops without a run, or for a copy elsewhere.)
/// </summary>
public sealed class SaveBest : ITrainingCallback, IStateful
{
    private readonly string folder;
    private long seenAt = -1;
    private double best = double.NegativeInfinity;

    /// <summary>Saves to <paramref name="folder"/>, replacing the one before.</summary>
    public SaveBest(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        this.folder = folder;
    }

    /// <summary>Mean return of the agent that is kept; negative infinity before the first.</summary>
    public double Best => best;

    /// <inheritdoc/>
    /// <exception cref="BellmanException">The folder cannot be written; the one before is untouched.</exception>
    public bool Continue(TrainingProgress progress)
    {
        // Only an evaluation of the agent as it is now: a later agent is not the one that was measured.
        if (progress.EvaluatedAt == seenAt || progress.EvaluatedAt != progress.Steps) { return true; }
        seenAt = progress.EvaluatedAt;
        if (progress.LastEvaluation > best)
        {
            best = progress.LastEvaluation;
            AgentFile.Save(progress.Agent, folder);
        }
        return true;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(seenAt), ref seenAt);
        state.Value(nameof(best), ref best);
    }
}
