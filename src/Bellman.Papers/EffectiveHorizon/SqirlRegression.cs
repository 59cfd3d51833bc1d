namespace Bellman.Papers.EffectiveHorizon;

/// <summary>A policy that no longer changes.</summary>
public interface IFrozenPolicy
{
    /// <summary>Writes an action for each of <paramref name="count"/> observations, [count, observation size].</summary>
    void Act(ReadOnlySpan<float> observations, int count, Span<int> actions);
}

/// <summary>How SQIRL turns transitions into Q-values: the regression oracle of the paper.</summary>
public interface ISqirlRegression
{
    /// <summary>Learns from what is stored; the rows from <see cref="SqirlReplay.NewestIteration"/> on are new.</summary>
    /// <param name="replay">The transitions.</param>
    /// <param name="iteration">Time step whose policy comes next, from 0.</param>
    /// <param name="collected">Environment steps of this iteration, those of frozen policies included.</param>
    void Learn(SqirlReplay replay, int iteration, long collected);

    /// <summary>The policy that is greedy for the last head, kept as it is now.</summary>
    IFrozenPolicy Freeze();
}

/// <summary>Means of targets for each (observation, action): exact least squares on a table.</summary>
internal sealed class MeanTable(int observations, int actions)
{
    private readonly double[] sums = new double[observations * actions];
    private readonly long[] counts = new long[observations * actions];

    /// <summary>Adds a target that was met <paramref name="times"/> times.</summary>
    public void Add(int observation, int action, double target, long times = 1)
    {
        sums[observation * actions + action] += target * times;
        counts[observation * actions + action] += times;
    }

    public void Clear()
    {
        Array.Clear(sums);
        Array.Clear(counts);
    }

    public long Count(int observation, int action) => counts[observation * actions + action];

    /// <summary>The best of the actions that were seen; 0 where none was.</summary>
    public double Maximum(int observation)
    {
        var best = double.NegativeInfinity;
        for (var action = 0; action < actions; action++) { best = Math.Max(best, Value(observation, action)); }
        return double.IsNegativeInfinity(best) ? 0 : best;
    }

    /// <summary>The action of highest value, the lowest index of equals; one never seen counts as minus infinity, so that it does not beat a seen negative one.</summary>
    public int Greedy(int observation)
    {
        var best = 0;
        for (var action = 1; action < actions; action++) { if (Value(observation, action) > Value(observation, best)) { best = action; } }
        return best;
    }

    public double Value(int observation, int action)
    {
        var i = observation * actions + action;
        return counts[i] > 0 ? sums[i] / counts[i] : double.NegativeInfinity;
    }
}

internal sealed class TablePolicy(int[] actions, Algorithms.Tabular.StateIndexer indexer, int observationSize) : IFrozenPolicy
{
    public void Act(ReadOnlySpan<float> observations, int count, Span<int> chosen)
    {
        for (var i = 0; i < count; i++) { chosen[i] = actions[indexer.Index(observations.Slice(i * observationSize, observationSize))]; }
    }
}
