using Bellman.Neural;

namespace Bellman.Cli.Benchmarks;

/// <summary>What this machine can do, one core of it: arithmetic in matrix products, bytes moved, rows gathered.</summary>
internal sealed class MachineLimits(BenchmarkSession session)
{
    private readonly Dictionary<(int, int, int), double> products = [];
    private readonly Dictionary<long, double> copies = [];

    /// <summary>Operations a second (2 a multiply-add) of the bare kernel in a product [rows, depth] x [depth, columns].</summary>
    public double ProductRate(int rows, int columns, int depth)
    {
        if (products.TryGetValue((rows, columns, depth), out var rate)) { return rate; }
        var (a, b, c) = (Pinned(rows * depth), Pinned(depth * columns), Pinned(rows * columns));
        var seconds = session.Seconds(() => VectorKernels.Active.Multiply(a, b, c, rows, columns, depth));
        return products[(rows, columns, depth)] = 2.0 * rows * columns * depth / seconds;
    }

    /// <summary>Bytes a second that are read and written, together, while copying blocks of this many bytes.</summary>
    public double CopyRate(long bytes)
    {
        bytes = Math.Clamp(bytes, 4096, 256L << 20);
        if (copies.TryGetValue(bytes, out var rate)) { return rate; }
        var (from, to) = (new byte[bytes / 2], new byte[bytes / 2]);
        var seconds = session.Seconds(() => Buffer.BlockCopy(from, 0, to, 0, from.Length));
        return copies[bytes] = 2.0 * from.Length / seconds;
    }

    /// <summary>Seconds to copy this many rows, of so many floats, from places drawn beforehand in a block of <paramref name="capacity"/> rows.</summary>
    public double GatherSeconds(int rows, int floats, int capacity)
    {
        var memory = new float[capacity * floats];
        Array.Fill(memory, 1f);
        var gathered = new float[rows * floats];
        var random = RandomStream.Create(1);
        var places = Enumerable.Range(0, 256 * rows).Select(_ => floats * random.NextInt32(capacity)).ToArray();
        var next = 0;
        return session.Seconds(() =>
        {
            var to = gathered.AsSpan();
            foreach (var place in places.AsSpan(next, rows))
            {
                memory.AsSpan(place, floats).CopyTo(to);
                to = to[floats..];
            }
            next = (next + rows) % places.Length;
        });
    }

    private static float[] Pinned(int length)
    {
        var block = GC.AllocateArray<float>(length, pinned: true);
        Array.Fill(block, 0.5f);
        return block;
    }
}
