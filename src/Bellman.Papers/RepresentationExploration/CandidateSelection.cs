namespace Bellman.Papers.RepresentationExploration;

/// <summary>Chooses which candidates of a pool are shown to a verifier first, without asking it.</summary>
public interface ICandidateSelector
{
    /// <summary>The first <paramref name="count"/> candidates, in order: indices into <paramref name="features"/>.</summary>
    /// <param name="features">One vector a candidate.</param>
    /// <param name="count">From 1 to the number of candidates.</param>
    IReadOnlyList<int> Order(IReadOnlyList<double[]> features, int count);
}

/// <summary>
/// The paper's coreset: the candidate farthest outside the ellipsoid of those already chosen comes next,
/// i* = argmax z' S^-1 z, S = lambda I + sum over the chosen of z z'; among equals the first.
/// </summary>
/// <param name="lambda">The ridge, above 0.</param>
/// <param name="centre">Whether the pool's mean is taken from the features first.</param>
public sealed class EllipticalCoreset(double lambda = 0.01, bool centre = false) : ICandidateSelector
{
    /// <inheritdoc/>
    public IReadOnlyList<int> Order(IReadOnlyList<double[]> features, int count) => [.. Scored(features, count).Select(pick => pick.Index)];

    /// <summary>The same with the score that each was chosen by.</summary>
    public IReadOnlyList<(int Index, double Score)> Scored(IReadOnlyList<double[]> features, int count)
    {
        Pool.Require(features, count);
        var vectors = centre ? EllipticalBonus.Centred(features) : features;
        var matrix = new EllipticalMatrix(vectors[0].Length, lambda);
        var left = Enumerable.Range(0, vectors.Count).ToList();
        var chosen = new List<(int, double)>();
        while (chosen.Count < count)
        {
            // MaxBy keeps the first of equals.
            var best = left.Select(index => (Index: index, Score: matrix.Score(vectors[index]))).MaxBy(pick => pick.Score);
            chosen.Add(best);
            left.Remove(best.Index);
            matrix.Add(vectors[best.Index]);
        }
        return chosen;
    }
}

/// <summary>A baseline: the candidate whose nearest chosen one is farthest away comes next; the first is the farthest from the pool's mean.</summary>
public sealed class FarthestPointOrder : ICandidateSelector
{
    /// <inheritdoc/>
    public IReadOnlyList<int> Order(IReadOnlyList<double[]> features, int count)
    {
        Pool.Require(features, count);
        var vectors = EllipticalBonus.Centred(features);
        var distance = vectors.Select(vector => vector.Sum(value => value * value)).ToArray();
        var chosen = new List<int>();
        var free = Enumerable.Range(0, vectors.Count).ToList();
        while (chosen.Count < count)
        {
            var best = free.MaxBy(index => distance[index]);
            if (chosen.Count == 0) { Array.Fill(distance, double.PositiveInfinity); }
            chosen.Add(best);
            free.Remove(best);
            foreach (var index in free) { distance[index] = Math.Min(distance[index], vectors[index].Zip(vectors[best], (left, right) => (left - right) * (left - right)).Sum()); }
        }
        return chosen;
    }
}

/// <summary>A baseline: a random order.</summary>
/// <param name="random">Its draws.</param>
public sealed class RandomOrder(RandomStream random) : ICandidateSelector
{
    /// <inheritdoc/>
    public IReadOnlyList<int> Order(IReadOnlyList<double[]> features, int count)
    {
        Pool.Require(features, count);
        var order = Enumerable.Range(0, features.Count).ToArray();
        random.Shuffle<int>(order);
        return order[..count];
    }
}

/// <summary>What a pool and its order say about verifier calls.</summary>
public static class Pool
{
    /// <summary>Position of the first right candidate in an order, from 1; one more than the pool's size when there is none.</summary>
    public static int SamplesToCorrect(IReadOnlyList<int> order, IReadOnlyList<bool> right)
    {
        for (var i = 0; i < order.Count; i++) { if (right[order[i]]) { return i + 1; } }
        return right.Count + 1;
    }

    /// <summary>What a random order needs on average: (N + 1) / (c + 1).</summary>
    public static double ExpectedSamplesToCorrect(int candidates, int right) => (candidates + 1.0) / (right + 1);

    internal static void Require(IReadOnlyList<double[]> features, int count)
    {
        if (features.Count == 0) { throw new UsageException("The pool is empty. Draw at least one candidate."); }
        if (count < 1 || count > features.Count) { throw new UsageException($"{count} of {features.Count} candidates cannot be chosen. Choose from 1 to {features.Count}, or draw a larger pool."); }
    }
}
