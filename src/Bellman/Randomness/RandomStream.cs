using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Bellman;

/// <summary>
/// A named stream of random numbers. Every draw in Bellman comes from one, derived from the run's seed and a name
/// ("environment", 3), so that results depend neither on thread counts nor on who else draws.
/// </summary>
/// <remarks>
/// The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): counter-based,
/// the same on every .NET version, and its whole state is a key and a position. Not thread-safe: one stream, one owner.
/// </remarks>
public sealed class RandomStream : IStateful
{
    private ulong key;
    private ulong lane;
    private ulong position;
    private uint word0, word1, word2, word3;

    private RandomStream(ulong key, ulong lane)
    {
        this.key = key;
        this.lane = lane;
    }

    /// <summary>The stream called <paramref name="name"/> of the run with this <paramref name="seed"/>.</summary>
    public static RandomStream Create(ulong seed, string name = "root") => Derive(seed, 0, name, 0);

    /// <summary>
    /// A child stream, independent of this one and of how much has been drawn from it.
    /// </summary>
    public RandomStream Child(string name, long index = 0) => Derive(key, lane, name, index);

    /// <summary>The name by which another process finds this stream, at its beginning: 32 hexadecimal digits.</summary>
    public string Name => $"{key:x16}{lane:x16}";

    /// <summary>The stream of this <see cref="Name"/>, at its beginning.</summary>
    /// <returns>False where it is no name of a stream.</returns>
    public static bool TryParse(string name, [NotNullWhen(true)] out RandomStream? stream)
    {
        const NumberStyles Hexadecimal = NumberStyles.AllowHexSpecifier;
        stream = name.Length == 32 && ulong.TryParse(name.AsSpan(0, 16), Hexadecimal, CultureInfo.InvariantCulture, out var key)
            && ulong.TryParse(name.AsSpan(16), Hexadecimal, CultureInfo.InvariantCulture, out var lane) ? new RandomStream(key, lane) : null;
        return stream is not null;
    }

    /// <summary>A uniform 32-bit word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint NextUInt32()
    {
        var slot = (uint)position & 3;
        if (slot == 0) { Refill(); }
        position++;
        return slot switch { 0 => word0, 1 => word1, 2 => word2, _ => word3 };
    }

    /// <summary>Fills <paramref name="words"/> with the next uniform 32-bit words: the same ones in the same order, many at a time.</summary>
    public void Fill(Span<uint> words)
    {
        while (PhiloxBlocks.IsSupported && words.Length >= 4 * PhiloxBlocks.Lanes)
        {
            if ((position & 3) != 0)
            {
                words[0] = NextUInt32();
                words = words[1..];
                continue;
            }
            PhiloxBlocks.Write(position >> 2, lane, key, words[..(4 * PhiloxBlocks.Lanes)]);
            position += 4 * PhiloxBlocks.Lanes;
            words = words[(4 * PhiloxBlocks.Lanes)..];
        }
        foreach (ref var word in words) { word = NextUInt32(); }
    }

    /// <summary>A uniform 64-bit word.</summary>
    public ulong NextUInt64() => ((ulong)NextUInt32() << 32) | NextUInt32();

    /// <summary>A uniform double in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniform single in [0, 1) with 24 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float NextSingle() => (NextUInt32() >> 8) * (1.0f / (1u << 24));

    /// <summary>A uniform double in [low, high).</summary>
    public double NextUniform(double low, double high) => low + (high - low) * NextDouble();

    /// <summary>A uniform integer in [0, exclusiveMaximum), without modulo bias (Lemire 2019).</summary>
    public int NextInt32(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        var range = (uint)exclusiveMaximum;
        var product = (ulong)NextUInt32() * range;
        if ((uint)product < range)
        {
            var threshold = (0u - range) % range;
            while ((uint)product < threshold) { product = (ulong)NextUInt32() * range; }
        }
        return (int)(product >> 32);
    }

    /// <summary>True with the given probability.</summary>
    public bool NextBoolean(double probability = 0.5) => NextDouble() < probability;

    /// <summary>A standard normal draw (Box and Muller 1958; the second of the pair is not kept, so the state stays a position).</summary>
    public double NextGaussian()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>
    /// Fills <paramref name="values"/> with standard normal draws in single precision, both of each Box-Muller pair: much
    /// quicker than <see cref="NextGaussian"/>, with tails that end at 5.8 standard deviations.
    /// </summary>
    public void NextGaussians(Span<float> values)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = MathF.Sqrt(-2 * MathF.Log(1 - NextSingle()));
            var (sine, cosine) = MathF.SinCos(2 * MathF.PI * NextSingle());
            values[i] = radius * cosine;
            if (i + 1 < values.Length) { values[i + 1] = radius * sine; }
        }
    }

    /// <summary>A gamma draw of unit scale (Marsaglia and Tsang 2000); below 1 by Γ(a) = Γ(a + 1) U^(1/a).</summary>
    /// <param name="shape">Above 0.</param>
    public double NextGamma(double shape)
    {
        if (!(shape > 0)) { throw new ArgumentOutOfRangeException(nameof(shape), shape, "A gamma distribution's shape is above 0."); }
        if (shape < 1) { return NextGamma(shape + 1) * Math.Pow(1 - NextDouble(), 1 / shape); }
        var d = shape - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var z = NextGaussian();
            var v = 1 + c * z;
            if (v <= 0) { continue; }
            v = v * v * v;
            if (Math.Log(1 - NextDouble()) < 0.5 * z * z + d - d * v + d * Math.Log(v)) { return d * v; }
        }
    }

    /// <summary>Fills <paramref name="probabilities"/> with a draw from a Dirichlet distribution: gamma draws, normalised.</summary>
    /// <param name="concentrations">One for each probability, above 0.</param>
    /// <param name="probabilities">As many, written; they sum to 1.</param>
    public void NextDirichlet(ReadOnlySpan<double> concentrations, Span<double> probabilities)
    {
        var total = 0.0;
        for (var i = 0; i < concentrations.Length; i++) { total += probabilities[i] = NextGamma(concentrations[i]); }
        // Tiny concentrations can underflow all together; the mass then lies on one place.
        if (total == 0) { probabilities[NextCategorical(concentrations)] = total = 1; }
        foreach (ref var probability in probabilities) { probability /= total; }
    }

    /// <summary>An index drawn in proportion to non-negative <paramref name="weights"/>, which need not sum to 1.</summary>
    public int NextCategorical(ReadOnlySpan<double> weights)
    {
        var total = 0.0;
        foreach (var weight in weights) { total += weight; }
        if (!(total > 0) || double.IsInfinity(total))
        {
            throw new ArgumentException($"Weights of a categorical draw must be finite, non-negative and not all zero; their sum is {total}.", nameof(weights));
        }
        var threshold = NextDouble() * total;
        for (var i = 0; i < weights.Length; i++)
        {
            threshold -= weights[i];
            if (threshold < 0) { return i; }
        }
        for (var i = weights.Length - 1; ; i--) { if (weights[i] > 0) { return i; } }
    }

    /// <summary>Shuffles in place, every permutation equally likely (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(key), ref key);
        state.Value(nameof(lane), ref lane);
        state.Value(nameof(position), ref position);
        if (state.IsLoading && (position & 3) != 0) { Refill(); }
    }

    private static RandomStream Derive(ulong key, ulong lane, string name, long index)
    {
        Span<byte> input = stackalloc byte[24 + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(input, key);
        BinaryPrimitives.WriteUInt64LittleEndian(input[8..], lane);
        BinaryPrimitives.WriteInt64LittleEndian(input[16..], index);
        Encoding.UTF8.GetBytes(name, input[24..]);
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(input, digest);
        return new RandomStream(BinaryPrimitives.ReadUInt64LittleEndian(digest), BinaryPrimitives.ReadUInt64LittleEndian(digest[8..]));
    }

    /// <summary>Computes the four words of the block that holds the current position.</summary>
    private void Refill()
    {
        var block = position >> 2;
        (word0, word1, word2, word3) = Philox((uint)block, (uint)(block >> 32), (uint)lane, (uint)(lane >> 32), (uint)key, (uint)(key >> 32));
    }

    internal static (uint, uint, uint, uint) Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)c0 * 0xD2511F53u;
            var p1 = (ulong)c2 * 0xCD9E8D57u;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        return (c0, c1, c2, c3);
    }
}
