namespace Bellman.Language;

/// <summary>Vectors of objectives, all to be maximised: who dominates whom, and how much of the space a set dominates.</summary>
public static class ParetoFront
{
    /// <summary>Whether <paramref name="a"/> is at least as good everywhere and better somewhere.</summary>
    public static bool Dominates(double[] a, double[] b) => a.Zip(b).All(pair => pair.First >= pair.Second) && a.Zip(b).Any(pair => pair.First > pair.Second);

    /// <summary>The points that no other dominates, in order, of equal ones the first. A point with NaN is dominated.</summary>
    public static int[] NonDominated(IReadOnlyList<double[]> points)
    {
        var valid = Enumerable.Range(0, points.Count).Where(i => !points[i].Any(double.IsNaN)).ToArray();
        return Array.FindAll(valid, i => !valid.Any(j => Dominates(points[j], points[i]) || (j < i && points[j].SequenceEqual(points[i]))));
    }

    /// <summary>C(X, Y): the share of Y's points that a point of X dominates.</summary>
    public static double Coverage(IReadOnlyList<double[]> x, IReadOnlyList<double[]> y) => y.Count == 0 ? 0 : (double)y.Count(point => x.Any(other => Dominates(other, point))) / y.Count;

    /// <summary>
    /// The volume of the union of the boxes between a reference and each point, by slices along the first coordinate. Points that do not exceed the
    /// reference everywhere add nothing. Exact; exponential in the number of objectives.
    /// </summary>
    /// <exception cref="UsageException">A point has another number of objectives than the reference, or NaN.</exception>
    public static double Hypervolume(IReadOnlyList<double[]> points, double[] reference)
    {
        if (points.FirstOrDefault(point => point.Length != reference.Length) is { } other) { throw new UsageException($"A point has {other.Length} objectives and the reference {reference.Length}. Give vectors of one length."); }
        if (points.Append(reference).Any(point => point.Any(double.IsNaN))) { throw new UsageException("A vector of objectives holds NaN, so it has no hypervolume. Leave such points out."); }
        var above = points.Where(point => point.Zip(reference).All(pair => pair.First > pair.Second)).ToList();
        return Volume([.. NonDominated(above).Select(i => above[i])], reference, 0);
    }

    private static double Volume(List<double[]> points, double[] reference, int from)
    {
        if (points.Count == 0) { return 0; }
        if (from == reference.Length - 1) { return points.Max(point => point[from]) - reference[from]; }
        var rest = points.OrderBy(point => point[from]).ToList();
        var (volume, left) = (0.0, reference[from]);
        while (rest.Count > 0)
        {
            // vol += (x - left) HV(all points that reach x, without their first coordinate)
            var x = rest[0][from];
            volume += (x - left) * Volume(rest, reference, from + 1);
            left = x;
            rest.RemoveAll(point => point[from] <= x);
        }
        return volume;
    }

    /// <summary>
    /// The weights on the simplex whose combination of gradients is shortest, min_w w' G w (MGDA, Desideri 2012; Sener and Koltun 2018), by Frank-Wolfe steps.
    /// </summary>
    /// <param name="gram">Inner products of the gradients, [m, m].</param>
    public static double[] MinimumNorm(double[,] gram)
    {
        var m = gram.GetLength(0);
        var weights = new double[m];
        Array.Fill(weights, 1.0 / m);
        for (var step = 0; step < 2000; step++)
        {
            var products = Enumerable.Range(0, m).Select(i => Enumerable.Range(0, m).Sum(j => gram[i, j] * weights[j])).ToArray();
            var best = Array.IndexOf(products, products.Min());
            var norm = Enumerable.Range(0, m).Sum(i => weights[i] * products[i]);
            // towards vertex b: gamma = (w'Gw - (Gw)_b) / (w'Gw - 2 (Gw)_b + G_bb)
            var (gain, curvature) = (norm - products[best], norm - 2 * products[best] + gram[best, best]);
            if (!(gain > 1e-12 * Math.Abs(norm)) || !(curvature > 0)) { break; }
            var gamma = Math.Min(1, gain / curvature);
            for (var i = 0; i < m; i++) { weights[i] = (1 - gamma) * weights[i] + (i == best ? gamma : 0); }
        }
        return weights;
    }
}
