namespace Bellman.Environments.RestlessBandits;

/// <summary>
/// A walk of L = 2B steps on a graph that begins and ends at a depot, each with a real edge: up to B of the stations that it enters are
/// pulled. Between them it may wait, E holding self-loops. Time-unrolled: y_jkt says that step t goes from j to k.
/// </summary>
public sealed class PathActions : ICombinatorialActionSpace
{
    private readonly int[][] neighbours;
    private readonly bool[,] returns;

    /// <summary>The constraint.</summary>
    /// <param name="stations">Stations, one an arm.</param>
    /// <param name="edges">Undirected edges between different stations.</param>
    /// <param name="depot">Where walks begin and end.</param>
    /// <param name="budget">Most arms pulled, B; walks have 2B steps.</param>
    /// <exception cref="UsageException">An edge or the depot does not exist, or the depot has no edge.</exception>
    public PathActions(int stations, IReadOnlyList<(int From, int To)> edges, int depot, int budget)
    {
        if (stations < 2 || budget < 1) { throw new UsageException($"{stations} stations and a budget of {budget} make no walk; there must be at least 2 and 1."); }
        if ((uint)depot >= (uint)stations) { throw new UsageException($"The depot is station {depot}; there are the stations 0 to {stations - 1}."); }
        foreach (var (from, to) in edges)
        {
            if ((uint)from >= (uint)stations || (uint)to >= (uint)stations || from == to) { throw new UsageException($"The edge {from} - {to} does not join two of the stations 0 to {stations - 1}."); }
        }
        neighbours = [.. Enumerable.Range(0, stations).Select(j => edges.Where(e => e.From == j).Select(e => e.To).Concat(edges.Where(e => e.To == j).Select(e => e.From)).Append(j).Distinct().Order().ToArray())];
        if (neighbours[depot].Length == 1) { throw new UsageException($"The depot, station {depot}, is disconnected: no walk leaves it. Give it an edge, or take another depot."); }
        (Depot, Budget, Edges) = (depot, budget, [.. edges]);
        returns = Returns();
    }

    /// <summary>Where walks begin and end.</summary>
    public int Depot { get; }

    /// <summary>B.</summary>
    public int Budget { get; }

    /// <summary>Steps of a walk, L.</summary>
    public int Length => 2 * Budget;

    /// <summary>The edges.</summary>
    public IReadOnlyList<(int From, int To)> Edges { get; }

    /// <inheritdoc/>
    public int Size => neighbours.Length;

    /// <inheritdoc/>
    public LinearModel Constraints()
    {
        var model = new LinearModel(Size);
        var steps = new Dictionary<(int From, int To, int Time), int>();
        for (var t = 0; t < Length; t++)
        {
            for (var j = 0; j < Size; j++)
            {
                foreach (var k in neighbours[j]) { steps[(j, k, t)] = model.AddAuxiliary(); }
            }
        }
        IEnumerable<(int, double)> Leaving(int j, int t, bool waiting = true, double sign = 1) => neighbours[j].Where(k => waiting || k != j).Select(k => (steps[(j, k, t)], sign));
        IEnumerable<(int, double)> Entering(int j, int t, bool waiting = true, double sign = 1) => neighbours[j].Where(k => waiting || k != j).Select(k => (steps[(k, j, t)], sign));
        model.Add(Leaving(Depot, 0, waiting: false), 1, 1);
        model.Add(Entering(Depot, Length - 1, waiting: false), 1, 1);
        for (var t = 0; t < Length; t++)
        {
            model.Add(steps.Where(step => step.Key.Time == t).Select(step => (step.Value, 1.0)), 1, 1);
            if (t + 1 == Length) { break; }
            for (var j = 0; j < Size; j++) { model.Add(Entering(j, t).Concat(Leaving(j, t + 1, sign: -1)), 0, 0); }
        }
        for (var j = 0; j < Size; j++)
        {
            var arm = j;
            model.Add(Enumerable.Range(0, Length).SelectMany(t => Entering(arm, t, sign: -1)).Prepend((arm, 1)), upper: 0);
        }
        model.Add(Enumerable.Range(0, Size).Select(j => (j, 1.0)), upper: Budget);
        return model;
    }

    /// <inheritdoc/>
    public bool IsFeasible(ReadOnlySpan<float> action)
    {
        var pulled = new List<int>();
        for (var j = 0; j < action.Length; j++)
        {
            if (action[j] > 0.5f) { pulled.Add(j); }
        }
        return pulled.Count <= Budget && Visits(j => pulled.IndexOf(j)).Contains((1L << pulled.Count) - 1);
    }

    /// <inheritdoc/>
    public void SampleFeasible(RandomStream random, Span<float> action)
    {
        var entered = new List<int>();
        var at = Depot;
        for (var t = 0; t < Length; t++)
        {
            var next = neighbours[at].Where(k => Allowed(at, k, t) && returns[t + 1, k]).ToArray();
            at = next[random.NextInt32(next.Length)];
            if (!entered.Contains(at)) { entered.Add(at); }
        }
        var order = entered.ToArray();
        random.Shuffle(order.AsSpan());
        action.Clear();
        foreach (var station in order.Take(Budget)) { action[station] = 1; }
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Enumerate(int limit = 5000)
    {
        if (Size > 62) { throw new UsageException($"Walks over {Size} stations are too many to list. Use the mixed-integer oracle."); }
        var masks = new HashSet<long>();
        foreach (var visited in Visits(j => j)) { AddSubsets(visited, 0, 0, 0); }
        return [.. masks.Order().Select(mask => Enumerable.Range(0, Size).Select(j => (mask >> j & 1) == 1 ? 1f : 0f).ToArray())];

        void AddSubsets(long visited, long chosen, int from, int count)
        {
            if (masks.Add(chosen) && masks.Count > limit) { throw new UsageException($"More than {limit:N0} actions are feasible; listing them serves small instances. Use the mixed-integer oracle."); }
            for (var j = from; j < Size && count < Budget; j++)
            {
                if ((visited >> j & 1) == 1) { AddSubsets(visited, chosen | 1L << j, j + 1, count + 1); }
            }
        }
    }

    /// <summary>The sets of stations that whole walks enter, as bits; a station without a bit (-1) is not told.</summary>
    private HashSet<long> Visits(Func<int, int> bitOf)
    {
        var reached = new HashSet<(int At, long Visited)> { (Depot, 0) };
        for (var t = 0; t < Length; t++)
        {
            var next = new HashSet<(int, long)>();
            foreach (var (at, visited) in reached)
            {
                foreach (var k in neighbours[at])
                {
                    if (!Allowed(at, k, t) || !returns[t + 1, k]) { continue; }
                    var bit = bitOf(k);
                    next.Add((k, bit < 0 ? visited : visited | 1L << bit));
                }
            }
            reached = next;
        }
        return [.. reached.Select(end => end.Visited)];
    }

    // The first and the last step take real edges.
    private bool Allowed(int from, int to, int time) => from != to || (time > 0 && time < Length - 1);

    /// <summary>[time, station]: whether the walk can still end at the depot.</summary>
    private bool[,] Returns()
    {
        var can = new bool[Length + 1, Size];
        can[Length, Depot] = true;
        for (var t = Length - 1; t >= 0; t--)
        {
            for (var j = 0; j < Size; j++) { can[t, j] = neighbours[j].Any(k => Allowed(j, k, t) && can[t + 1, k]); }
        }
        return can;
    }
}
