namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// Up to a fixed number of points, one array a coordinate: the loops over all biomarkers and all obstacles are
/// where a step spends its time.
/// </summary>
public sealed class PointSet : IStateful
{
    private readonly double[] x, y, z;

    /// <summary>An empty set with room for <paramref name="capacity"/> points.</summary>
    public PointSet(int capacity)
    {
        x = new double[capacity];
        y = new double[capacity];
        z = new double[capacity];
    }

    /// <summary>Points held.</summary>
    public int Count { get; private set; }

    /// <summary>The point at <paramref name="index"/>, which is below <see cref="Count"/>.</summary>
    public Vector3D this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new(x[index], y[index], z[index]);
        }
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            (x[index], y[index], z[index]) = (value.X, value.Y, value.Z);
        }
    }

    /// <summary>Removes every point.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a point behind the others.</summary>
    public void Add(Vector3D point)
    {
        if (Count == x.Length) { throw new ArgumentException($"A set with room for {x.Length} points is full.", nameof(point)); }
        this[Count++] = point;
    }

    /// <summary>Replaces the points.</summary>
    public void Set(ReadOnlySpan<Vector3D> points)
    {
        Clear();
        foreach (var point in points) { Add(point); }
    }

    /// <summary>The squared distance from <paramref name="point"/> to the point at <paramref name="index"/>.</summary>
    public double SquaredDistance(int index, Vector3D point)
    {
        var (dx, dy, dz) = (x[index] - point.X, y[index] - point.Y, z[index] - point.Z);
        return dx * dx + dy * dy + dz * dz;
    }

    /// <summary>
    /// The index of the point nearest to <paramref name="point"/> (the first of equals) and its distance;
    /// -1 and infinity if the set is empty.
    /// </summary>
    public int Nearest(Vector3D point, out double distance)
    {
        var (best, bestSquared) = (-1, double.PositiveInfinity);
        for (var i = 0; i < Count; i++)
        {
            var squared = SquaredDistance(i, point);
            if (squared < bestSquared) { (best, bestSquared) = (i, squared); }
        }
        distance = Math.Sqrt(bestSquared);
        return best;
    }

    /// <summary>Whether any point is closer to <paramref name="point"/> than <paramref name="distance"/>.</summary>
    public bool AnyWithin(Vector3D point, double distance)
    {
        var squared = distance * distance;
        for (var i = 0; i < Count; i++)
        {
            if (SquaredDistance(i, point) < squared) { return true; }
        }
        return false;
    }

    /// <summary>Removes the points closer to <paramref name="centre"/> than <paramref name="distance"/>; the others keep their order.</summary>
    public void RemoveWithin(Vector3D centre, double distance)
    {
        var (all, squared) = (Count, distance * distance);
        Clear();
        for (var i = 0; i < all; i++)
        {
            if (SquaredDistance(i, centre) >= squared) { Add(new Vector3D(x[i], y[i], z[i])); }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        var (xs, ys, zs) = (x[..Count], y[..Count], z[..Count]);
        state.List("x", ref xs);
        state.List("y", ref ys);
        state.List("z", ref zs);
        if (!state.IsLoading) { return; }
        if (xs.Length != ys.Length || xs.Length != zs.Length || xs.Length > x.Length)
        {
            throw new UsageException(
                $"A set of points to restore has {xs.Length} x, {ys.Length} y and {zs.Length} z coordinates; it takes equally many of each, at most {x.Length}.");
        }
        foreach (var coordinate in (ReadOnlySpan<double>)[.. xs, .. ys, .. zs])
        {
            if (!double.IsFinite(coordinate)) { throw new UsageException($"A set of points to restore has the coordinate {coordinate}; all must be finite numbers."); }
        }
        xs.CopyTo(x, 0);
        ys.CopyTo(y, 0);
        zs.CopyTo(z, 0);
        Count = xs.Length;
    }
}
