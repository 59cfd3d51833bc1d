namespace Bellman.Environments.Submodular;

/// <summary>
/// Item collection (Steiner covering): items of type k lie on the cells G_k, and F(X) = sum_k min(|X and G_k|, D_k): enough of a
/// type is enough. Distinct cells count, revisits do not.
/// </summary>
public sealed class ItemCollection : ISubmodularFunction
{
    private readonly int[] demands;
    private readonly int[][] typesOf;

    /// <summary>A collection task.</summary>
    /// <param name="elementCount">Number of cells.</param>
    /// <param name="groups">[types]: the cells that hold an item of the type.</param>
    /// <param name="demands">[types]: how many of each are wanted, at least 0.</param>
    /// <exception cref="UsageException">Lengths differ, a demand is negative or a cell does not exist.</exception>
    public ItemCollection(int elementCount, IReadOnlyList<IReadOnlyList<int>> groups, IReadOnlyList<int> demands)
    {
        if (elementCount < 1) { throw new UsageException($"An item collection has {elementCount} cells; there must be at least 1."); }
        if (groups.Count != demands.Count) { throw new UsageException($"{groups.Count} groups of items and {demands.Count} demands were given; every group needs one demand."); }
        var warnings = new List<string>();
        for (var type = 0; type < groups.Count; type++)
        {
            var size = groups[type].Distinct().Count();
            if (demands[type] < 0) { throw new UsageException($"The demand for items of type {type} is {demands[type]}; it must be at least 0."); }
            if (demands[type] > size) { warnings.Add($"The demand for items of type {type} is {demands[type]}, but only {size} exist: the maximum cannot be reached."); }
            if (groups[type].FirstOrDefault(cell => (uint)cell >= (uint)elementCount, -1) is var outside && groups[type].Any(cell => (uint)cell >= (uint)elementCount))
            {
                throw new UsageException($"An item of type {type} lies on cell {outside}; there are the cells 0 to {elementCount - 1}.");
            }
        }
        Warnings = warnings;
        Groups = [.. groups.Select(group => group.Distinct().ToArray())];
        this.demands = [.. demands];
        typesOf = [.. Enumerable.Range(0, elementCount).Select(cell => Enumerable.Range(0, groups.Count).Where(type => groups[type].Contains(cell)).ToArray())];
    }

    /// <summary>Demands that cannot be met; empty where all can.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The cells of each type.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups { get; }

    /// <summary>The demand for each type.</summary>
    public IReadOnlyList<int> Demands => demands;

    /// <summary>An upper bound on F: every demand met.</summary>
    public int Total => demands.Sum();

    /// <inheritdoc/>
    public int ElementCount => typesOf.Length;

    /// <inheritdoc/>
    public ISetEvaluator CreateEvaluator() => new Evaluator(this);

    /// <inheritdoc/>
    public double Modular(int element) => typesOf[element].Count(type => demands[type] > 0);

    private sealed class Evaluator(ItemCollection function) : ISetEvaluator
    {
        private readonly bool[] visited = new bool[function.typesOf.Length];
        private readonly int[] collected = new int[function.demands.Length];
        private double value;

        public double Value => value;

        public void Reset()
        {
            Array.Clear(visited);
            Array.Clear(collected);
            value = 0;
        }

        public double Gain(int element)
        {
            if (visited[element]) { return 0; }
            var gain = 0;
            foreach (var type in function.typesOf[element])
            {
                if (collected[type] < function.demands[type]) { gain++; }
            }
            return gain;
        }

        public double Add(int element)
        {
            var gain = Gain(element);
            if (!visited[element])
            {
                visited[element] = true;
                foreach (var type in function.typesOf[element]) { collected[type]++; }
            }
            value += gain;
            return gain;
        }

        public ISetEvaluator Copy()
        {
            var copy = new Evaluator(function) { value = value };
            visited.CopyTo(copy.visited, 0);
            collected.CopyTo(copy.collected, 0);
            return copy;
        }

        public void Exchange(StateExchange state)
        {
            state.Array<bool>(nameof(visited), visited);
            state.Array<int>(nameof(collected), collected);
            state.Value(nameof(value), ref value);
            RestoredState.RequireFinite(state, nameof(value), value);
        }
    }
}
