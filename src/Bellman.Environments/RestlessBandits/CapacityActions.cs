namespace Bellman.Environments.RestlessBandits;

/// <summary>
/// Workers with capacities: a set of arms can be pulled if its costs can be packed into the workers, sum_j q_j x_ij &lt;= c_i,
/// a_j &lt;= sum_i x_ij, a_j &gt;= x_ij. There is no budget besides.
/// </summary>
public sealed class CapacityActions : ICombinatorialActionSpace
{
    private readonly int[] capacities;
    private readonly int[] costs;
    private readonly int[] left;
    private readonly int[] order;

    /// <summary>The constraint.</summary>
    /// <param name="capacities">c_i, one for each worker, at least 0.</param>
    /// <param name="costs">q_j, one for each arm, at least 0.</param>
    /// <exception cref="UsageException">A number is negative, or there is no worker or arm.</exception>
    public CapacityActions(IReadOnlyList<int> capacities, IReadOnlyList<int> costs)
    {
        if (capacities.Count == 0 || costs.Count == 0) { throw new UsageException("A capacity constraint needs at least one worker and one arm."); }
        if (capacities.FirstOrDefault(capacity => capacity < 0) is < 0 and var capacity) { throw new UsageException($"A worker has capacity {capacity}; it must be at least 0."); }
        if (costs.FirstOrDefault(cost => cost < 0) is < 0 and var cost) { throw new UsageException($"An arm costs {cost}; it must be at least 0."); }
        this.capacities = [.. capacities];
        this.costs = [.. costs];
        left = new int[capacities.Count];
        order = [.. Enumerable.Range(0, costs.Count)];
    }

    /// <summary>c_i.</summary>
    public IReadOnlyList<int> Capacities => capacities;

    /// <summary>q_j.</summary>
    public IReadOnlyList<int> Costs => costs;

    /// <inheritdoc/>
    public int Size => costs.Length;

    /// <inheritdoc/>
    public LinearModel Constraints()
    {
        var model = new LinearModel(Size);
        var assigned = new int[capacities.Length, Size];
        for (var i = 0; i < capacities.Length; i++) { for (var j = 0; j < Size; j++) { assigned[i, j] = model.AddAuxiliary(); } }
        for (var i = 0; i < capacities.Length; i++)
        {
            var worker = i;
            model.Add(Enumerable.Range(0, Size).Select(j => (assigned[worker, j], (double)costs[j])), upper: capacities[i]);
        }
        for (var j = 0; j < Size; j++)
        {
            var arm = j;
            model.Add(Enumerable.Range(0, capacities.Length).Select(i => (assigned[i, arm], -1.0)).Prepend((arm, 1)), upper: 0);
            for (var i = 0; i < capacities.Length; i++) { model.Add([(assigned[i, j], 1), (j, -1)], upper: 0); }
        }
        return model;
    }

    /// <inheritdoc/>
    public bool IsFeasible(ReadOnlySpan<float> action)
    {
        capacities.CopyTo(left, 0);
        return Pack(action, 0);
    }

    /// <inheritdoc/>
    public void SampleFeasible(RandomStream random, Span<float> action)
    {
        action.Clear();
        capacities.CopyTo(left, 0);
        for (var j = 0; j < order.Length; j++) { order[j] = j; }
        random.Shuffle(order.AsSpan());
        foreach (var arm in order)
        {
            var start = random.NextInt32(left.Length);
            for (var k = 0; k < left.Length; k++)
            {
                var worker = (start + k) % left.Length;
                if (left[worker] < costs[arm]) { continue; }
                left[worker] -= costs[arm];
                action[arm] = 1;
                break;
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Enumerate(int limit = 5000) => FeasibleSets.OfDownClosed(this, limit);

    private bool Pack(ReadOnlySpan<float> action, int arm)
    {
        while (arm < action.Length && action[arm] < 0.5f) { arm++; }
        if (arm == action.Length) { return true; }
        for (var worker = 0; worker < left.Length; worker++)
        {
            if (left[worker] < costs[arm]) { continue; }
            left[worker] -= costs[arm];
            var packed = Pack(action, arm + 1);
            left[worker] += costs[arm];
            if (packed) { return true; }
        }
        return false;
    }
}
