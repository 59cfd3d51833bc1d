using Bellman.Neural;

namespace Bellman.Papers.Mentor;

/// <summary>The weights of some modules after the best episodes so far.</summary>
public sealed class SnapshotSet : IStateful
{
    private readonly int capacity;
    private readonly IReadOnlyList<(string Name, NetworkGroup Networks)> modules;
    private readonly List<double> scores = [];
    // [members][modules]: their weights.
    private readonly List<float[][]> members = [];

    /// <summary>An empty set.</summary>
    /// <param name="capacity">Most members, M, at least 2.</param>
    /// <param name="modules">What is kept of each episode.</param>
    /// <exception cref="UsageException">There is room for fewer than two.</exception>
    public SnapshotSet(int capacity, params (string Name, NetworkGroup Networks)[] modules)
    {
        if (capacity < 2) { throw new UsageException($"A set of {capacity} snapshots has no deviation; keep at least 2."); }
        (this.capacity, this.modules) = (capacity, modules);
    }

    /// <summary>Members now.</summary>
    public int Count => members.Count;

    /// <summary>Scores of the members, in no order.</summary>
    public IReadOnlyList<double> Scores => scores;

    /// <summary>Whether an episode of this score would be taken.</summary>
    public bool Wants(double score) => double.IsFinite(score) && (members.Count < capacity || score > scores.Min());

    /// <summary>Keeps the modules' weights of now if the set has room or the score beats its smallest, which then leaves.</summary>
    /// <exception cref="BellmanException">A weight is not finite; the set stays as it was.</exception>
    public void Offer(double score)
    {
        if (!Wants(score)) { return; }
        var weights = modules.Select(module => Copy(module.Networks)).ToArray();
        for (var i = 0; i < weights.Length; i++)
        {
            if (Array.Exists(weights[i], weight => !float.IsFinite(weight)))
            {
                throw new BellmanException($"A weight of {modules[i].Name} is not finite: training has diverged, and there is nothing to keep. Lower learningRate.");
            }
        }
        if (members.Count == capacity)
        {
            var smallest = scores.IndexOf(scores.Min());
            (scores[smallest], members[smallest]) = (score, weights);
            return;
        }
        scores.Add(score);
        members.Add(weights);
    }

    /// <summary>The weights of one module in every member.</summary>
    public IReadOnlyList<float[]> Weights(string module)
    {
        for (var i = 0; i < modules.Count; i++)
        {
            if (modules[i].Name == module) { return [.. members.Select(member => member[i])]; }
        }
        throw NearNames.Unknown("module", module, modules.Select(known => known.Name), "Snapshots keep these.");
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        double[] kept = [.. scores];
        float[] weights = [.. members.SelectMany(member => member.SelectMany(module => module))];
        state.List(nameof(scores), ref kept);
        state.List(nameof(members), ref weights);
        if (!state.IsLoading) { return; }
        scores.Clear();
        members.Clear();
        scores.AddRange(kept);
        var start = 0;
        for (var i = 0; i < kept.Length; i++)
        {
            members.Add([.. modules.Select(module =>
            {
                var length = Copy(module.Networks).Length;
                start += length;
                return weights[(start - length)..start];
            })]);
        }
    }

    /// <summary>The values of now; the module's own block stays untouched, so that its engine need not watch it.</summary>
    private static float[] Copy(NetworkGroup networks)
    {
        var copy = new ParameterBuffer(networks.Parameters.Parameters);
        copy.CopyFrom(networks.Parameters);
        return copy.Values;
    }
}
