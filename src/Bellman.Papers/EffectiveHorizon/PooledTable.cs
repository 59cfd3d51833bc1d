using Bellman.Algorithms.Tabular;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>
/// SQIRL's practical form with exact regression: one table over (observation, action) for all times and iterations.
/// Q_0 is the mean of G; then k - 1 sweeps Q_j = mean of r + gamma (1 - done) max_a Q_{j-1}(o', a).
/// </summary>
public sealed class PooledTable : ISqirlRegression
{
    private readonly SqirlOptions options;
    private readonly StateIndexer indexer;
    private readonly int observationSize;
    private readonly int actions;
    private readonly MeanTable returns;
    // What followed each (observation, action), summed up: a sweep then visits each kind of transition once.
    private readonly Dictionary<(int Pair, int Next), Followed> followed = [];
    private MeanTable last;

    /// <summary>Empty tables.</summary>
    /// <exception cref="UsageException">The observations are not finitely many.</exception>
    public PooledTable(Space observations, int actions, SqirlOptions options)
    {
        (this.options, this.actions) = (options, actions);
        indexer = new StateIndexer(observations, "SQIRL's table");
        observationSize = observations.Size;
        last = returns = new MeanTable(indexer.Count, actions);
    }

    /// <inheritdoc/>
    public void Learn(SqirlReplay replay, int iteration, long collected)
    {
        if (!options.KeepReplay)
        {
            returns.Clear();
            followed.Clear();
        }
        for (var row = replay.NewestIteration; row < replay.End; row++)
        {
            ref readonly var entry = ref replay[row];
            var observation = indexer.Index(replay.Observation(row));
            returns.Add(observation, entry.Action, entry.Return);
            var key = (observation * actions + entry.Action, entry.Done ? -1 : indexer.Index(replay.NextObservation(row)));
            var sum = followed.GetValueOrDefault(key);
            followed[key] = new Followed(sum.Count + 1, sum.Reward + entry.Reward);
        }
        last = returns;
        for (var depth = 1; depth < options.Depth; depth++) { last = Sweep(last); }
    }

    /// <inheritdoc/>
    public IFrozenPolicy Freeze()
    {
        var table = last;
        return new TablePolicy([.. Enumerable.Range(0, indexer.Count).Select(table.Greedy)], indexer, observationSize);
    }

    private MeanTable Sweep(MeanTable before)
    {
        var sums = new MeanTable(indexer.Count, actions);
        foreach (var ((pair, next), sum) in followed)
        {
            var target = sum.Reward / sum.Count + (next < 0 ? 0 : options.Gamma * before.Maximum(next));
            sums.Add(pair / actions, pair % actions, target, sum.Count);
        }
        return sums;
    }

    private readonly record struct Followed(long Count, double Reward);
}
