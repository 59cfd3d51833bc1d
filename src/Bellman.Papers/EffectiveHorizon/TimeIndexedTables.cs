using Bellman.Algorithms.Tabular;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>
/// SQIRL as the theory states it: for iteration i, Q_e with e = min(i + k - 1, T - 1) from the returns of this iteration's episodes,
/// then back to i by Q_t = regression of r_t + gamma max_a Q_{t+1}(s_{t+1}, a). Each table is of one time step, and data are used once.
/// </summary>
public sealed class TimeIndexedTables : ISqirlRegression
{
    private readonly SqirlOptions options;
    private readonly StateIndexer indexer;
    private readonly int observationSize;
    private readonly int actions;
    private MeanTable current;

    /// <summary>Empty tables.</summary>
    /// <exception cref="UsageException">The observations are not finitely many.</exception>
    public TimeIndexedTables(Space observations, int actions, SqirlOptions options)
    {
        (this.options, this.actions) = (options, actions);
        indexer = new StateIndexer(observations, "SQIRL's table");
        observationSize = observations.Size;
        current = new MeanTable(indexer.Count, actions);
    }

    /// <inheritdoc/>
    public void Learn(SqirlReplay replay, int iteration, long collected)
    {
        var end = Math.Min(iteration + options.Depth - 1, options.Horizon - 1);
        MeanTable? after = null;
        for (var time = end; time >= iteration; time--)
        {
            var table = new MeanTable(indexer.Count, actions);
            for (var row = replay.NewestIteration; row < replay.End; row++)
            {
                ref readonly var entry = ref replay[row];
                // Episodes that end before this step give no sample for it.
                if (entry.Time != time) { continue; }
                var target = after is null ? entry.Return
                    : entry.Reward + (entry.Done ? 0 : options.Gamma * after.Maximum(indexer.Index(replay.NextObservation(row))));
                table.Add(indexer.Index(replay.Observation(row)), entry.Action, target);
            }
            after = table;
        }
        current = after ?? current;
    }

    /// <inheritdoc/>
    public IFrozenPolicy Freeze()
    {
        var table = current;
        return new TablePolicy([.. Enumerable.Range(0, indexer.Count).Select(table.Greedy)], indexer, observationSize);
    }
}
