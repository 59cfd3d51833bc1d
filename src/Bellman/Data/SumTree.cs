using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Bellman;

/// <summary>
/// Non-negative numbers whose rows can be drawn in proportion to them. A tree of sums, sixteen children a node: a node
/// of the lowest level is one cache line, and a million numbers are five levels deep where a binary tree has twenty.
/// </summary>
/// <remarks>
/// Batches go through the tree level by level, so that the memory accesses of different rows overlap. A sum is always
/// recomputed from its children and never adjusted: it cannot drift, and depends on nothing but the numbers.
/// </remarks>
public sealed class SumTree : IStateful
{
    private const int Fan = 16;

    private readonly float[] leaves;
    // Where the first number lies, so that a node does not straddle two cache lines; the array never moves.
    private readonly int first;
    // sums[0] holds the sums of sixteen leaves each; the last level is one node.
    private readonly double[][] sums;
    private readonly float[][]? minima;
    private int used;

    /// <summary>A tree of zeros.</summary>
    /// <param name="capacity">How many numbers it holds, at least 1.</param>
    /// <param name="trackMinimum">Whether <see cref="Minimum"/> is wanted; costs a second tree.</param>
    public SumTree(int capacity, bool trackMinimum = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        var nodes = Nodes(capacity);
        leaves = GC.AllocateArray<float>((nodes + 1) * Fan, pinned: true);
        first = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(leaves, 0) & (Fan * sizeof(float) - 1)) / sizeof(float);
        var lengths = new List<int>();
        do
        {
            var parents = Nodes(nodes);
            lengths.Add(parents * Fan);
            nodes = parents;
        }
        while (nodes > 1);
        sums = [.. lengths.Select(length => new double[length])];
        if (!trackMinimum) { return; }
        minima = [.. lengths.Select(length => new float[length])];
        foreach (var level in minima) { Array.Fill(level, float.PositiveInfinity); }
    }

    /// <summary>How many numbers it holds.</summary>
    public int Capacity { get; }

    /// <summary>The sum of all numbers.</summary>
    public double Total => SumOf(sums[^1], 0);

    /// <summary>The smallest number above zero; infinity if there is none.</summary>
    /// <exception cref="InvalidOperationException">The tree was made without it.</exception>
    public float Minimum => minima is null
        ? throw new InvalidOperationException("This tree does not track its minimum; make it with trackMinimum: true.")
        : MinimumOf(minima[^1], 0, 0);

    /// <summary>The number in a row.</summary>
    public float this[int row] => leaves[first + row];

    /// <summary>Replaces the number of one row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or not finite, or the row is out of range.</exception>
    public void Set(int row, float value) => Set(new ReadOnlySpan<int>(ref row), new ReadOnlySpan<float>(ref value));

    /// <summary>Replaces the numbers of many rows; of a row named twice the later number stays.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative or not finite, or a row is out of range; rows before it are replaced.</exception>
    public void Set(ReadOnlySpan<int> rows, ReadOnlySpan<float> values)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (!(values[i] >= 0 && values[i] <= float.MaxValue))
            {
                throw new ArgumentOutOfRangeException(nameof(values), $"The number of row {rows[i]} would be {values[i]}; a number to draw by is finite and not negative.");
            }
            if ((uint)rows[i] >= (uint)Capacity)
            {
                throw new ArgumentOutOfRangeException(nameof(rows), $"Row {rows[i]} is outside the tree's {Capacity} rows.");
            }
            leaves[first + rows[i]] = values[i];
            used = Math.Max(used, rows[i] + 1);
        }
        for (int level = 0, shift = 4; level < sums.Length; level++, shift += 4) { Refresh(level, shift, rows); }
    }

    /// <summary>
    /// Finds the row in which each point lies when the numbers are laid end to end. A row whose number is zero is never found.
    /// </summary>
    /// <param name="points">In [0, <see cref="Total"/>); overwritten.</param>
    /// <param name="rows">[points], written.</param>
    /// <exception cref="InvalidOperationException">Every number is zero.</exception>
    public void Find(Span<double> points, Span<int> rows)
    {
        if (!(Total > 0)) { throw new InvalidOperationException("Nothing can be drawn from a tree whose numbers are all zero."); }
        rows = rows[..points.Length];
        rows.Clear();
        for (var level = sums.Length - 1; level >= 0; level--)
        {
            var nodes = sums[level];
            for (var i = 0; i < points.Length; i++) { rows[i] = rows[i] * Fan + Child(ref NodeOf(nodes, rows[i]), ref points[i]); }
        }
        for (var i = 0; i < points.Length; i++) { rows[i] = rows[i] * Fan + LeafChild(ref Unsafe.Add(ref NodeOf(leaves, rows[i]), first), points[i]); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        // Sums follow from the numbers exactly, so only these travel.
        var numbers = state.IsLoading ? [] : leaves[first..(first + used)];
        state.List("numbers", ref numbers);
        if (!state.IsLoading) { return; }
        if (numbers.Length > Capacity)
        {
            throw new BellmanException($"The saved tree holds {numbers.Length} numbers; this one has room for {Capacity}. Load it with the bufferSize it was saved with.");
        }
        Array.Clear(leaves);
        numbers.CopyTo(leaves, first);
        used = numbers.Length;
        for (var level = 0; level < sums.Length; level++)
        {
            for (var node = 0; node < sums[level].Length; node++) { RefreshNode(level, node); }
        }
    }

    private static int Nodes(int children) => (children + Fan - 1) / Fan;

    private void Refresh(int level, int shift, ReadOnlySpan<int> rows)
    {
        var last = -1;
        foreach (var row in rows)
        {
            var node = row >> shift;
            if (node != last) { RefreshNode(level, node); }
            last = node;
        }
    }

    private void RefreshNode(int level, int node)
    {
        var below = level == 0 ? leaves.Length - Fan : sums[level - 1].Length;
        if (node * Fan >= below) { return; }
        sums[level][node] = level == 0 ? SumOf(leaves, node, first) : SumOf(sums[level - 1], node);
        if (minima is null) { return; }
        minima[level][node] = level == 0 ? MinimumOf(leaves, node, first) : MinimumOf(minima[level - 1], node, 0);
    }

    private static ref T NodeOf<T>(T[] children, int node) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(children), (nint)node * Fan);

    private static double SumOf(double[] children, int node)
    {
        ref var child = ref NodeOf(children, node);
        var low = Vector256.LoadUnsafe(ref child) + Vector256.LoadUnsafe(ref child, 4);
        var high = Vector256.LoadUnsafe(ref child, 8) + Vector256.LoadUnsafe(ref child, 12);
        return Across(low + high);
    }

    private static double SumOf(float[] children, int node, int offset)
    {
        ref var child = ref Unsafe.Add(ref NodeOf(children, node), offset);
        var (a, b) = Vector256.Widen(Vector256.LoadUnsafe(ref child));
        var (c, d) = Vector256.Widen(Vector256.LoadUnsafe(ref child, 8));
        return Across(a + b + (c + d));
    }

    /// <summary>One order of summation, whatever the machine's vectors are.</summary>
    private static double Across(Vector256<double> sum)
    {
        var pair = sum.GetLower() + sum.GetUpper();
        return pair[0] + pair[1];
    }

    private static float MinimumOf(float[] children, int node, int offset)
    {
        var smallest = float.PositiveInfinity;
        foreach (var child in children.AsSpan(offset + node * Fan, Fan))
        {
            if (child > 0 && child < smallest) { smallest = child; }
        }
        return smallest;
    }

    /// <summary>The child in which a point lies; the point is then measured from that child's start.</summary>
    [SkipLocalsInit]
    private static int Child(ref double node, ref double point)
    {
        // prefix[i] is the sum of the children before i.
        Span<double> prefix = stackalloc double[Fan + 1];
        prefix[0] = 0;
        var passed = 0;
        var before = Vector256<double>.Zero;
        var mark = Vector256.Create(point);
        for (var i = 0; i < Fan; i += 4)
        {
            var sum = before + Running(Vector256.LoadUnsafe(ref node, (nuint)i));
            sum.StoreUnsafe(ref prefix[1], (nuint)i);
            passed += BitOperations.PopCount(Vector256.LessThanOrEqual(sum, mark).ExtractMostSignificantBits());
            before = Vector256.Create(sum[3]);
        }
        // Rounding may carry the point beyond the last child, or onto an empty one.
        var child = Math.Min(passed, Fan - 1);
        while (child > 0 && !(Unsafe.Add(ref node, child) > 0)) { child--; }
        point = Math.Max(0, point - prefix[child]);
        return child;
    }

    private static int LeafChild(ref float node, double point)
    {
        var passed = 0;
        var before = Vector256<double>.Zero;
        var mark = Vector256.Create(point);
        for (var i = 0; i < Fan; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref node, (nuint)i));
            var sum = before + Running(low);
            passed += BitOperations.PopCount(Vector256.LessThanOrEqual(sum, mark).ExtractMostSignificantBits());
            sum = Vector256.Create(sum[3]) + Running(high);
            passed += BitOperations.PopCount(Vector256.LessThanOrEqual(sum, mark).ExtractMostSignificantBits());
            before = Vector256.Create(sum[3]);
        }
        var child = Math.Min(passed, Fan - 1);
        while (child > 0 && !(Unsafe.Add(ref node, child) > 0)) { child--; }
        return child;
    }

    /// <summary>(a, a + b, a + b + c, a + b + c + d).</summary>
    private static Vector256<double> Running(Vector256<double> x)
    {
        x += Vector256.Create(0, x[0], x[1], x[2]);
        return x + Vector256.Create(0, 0, x[0], x[1]);
    }
}
