using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bellman;

/// <summary>Many consecutive blocks of Philox4x32-10 at once, the same words as <see cref="RandomStream.Philox"/> gives one by one.</summary>
internal static class PhiloxBlocks
{
    /// <summary>Blocks computed together.</summary>
    public const int Lanes = 8;

    /// <summary>Whether this machine has registers for it.</summary>
    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    /// <summary>Writes the four words of each of <see cref="Lanes"/> blocks from <paramref name="block"/> on.</summary>
    public static void Write(ulong block, ulong lane, ulong key, Span<uint> words)
    {
        if (Vector512.IsHardwareAccelerated) { Write512(block, lane, key, words); return; }
        Write256(block, lane, key, words[..16]);
        Write256(block + 4, lane, key, words[16..]);
    }

    // Each 32-bit number has the low half of a 64-bit lane, where products find room.
    private static void Write512(ulong block, ulong lane, ulong key, Span<uint> words)
    {
        var low = Vector512.Create(0xFFFFFFFFUL);
        var counter = Vector512.Create(block) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        var (c0, c1) = (counter & low, counter >>> 32);
        var (c2, c3) = (Vector512.Create(lane & 0xFFFFFFFF), Vector512.Create(lane >> 32));
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var p0 = Multiply(c0, 0xD2511F53);
            var p1 = Multiply(c2, 0xCD9E8D57);
            (c0, c1, c2, c3) = ((p1 >>> 32) ^ c1 ^ Vector512.Create((ulong)k0), p1 & low, (p0 >>> 32) ^ c3 ^ Vector512.Create((ulong)k1), p0 & low);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        var (first, second) = (c0 | (c1 << 32), c2 | (c3 << 32));
        for (var i = 0; i < 8; i++) { Put(words, i, first[i], second[i]); }
    }

    private static void Write256(ulong block, ulong lane, ulong key, Span<uint> words)
    {
        var low = Vector256.Create(0xFFFFFFFFUL);
        var counter = Vector256.Create(block) + Vector256.Create(0UL, 1, 2, 3);
        var (c0, c1) = (counter & low, counter >>> 32);
        var (c2, c3) = (Vector256.Create(lane & 0xFFFFFFFF), Vector256.Create(lane >> 32));
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var p0 = Multiply(c0, 0xD2511F53);
            var p1 = Multiply(c2, 0xCD9E8D57);
            (c0, c1, c2, c3) = ((p1 >>> 32) ^ c1 ^ Vector256.Create((ulong)k0), p1 & low, (p0 >>> 32) ^ c3 ^ Vector256.Create((ulong)k1), p0 & low);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        var (first, second) = (c0 | (c1 << 32), c2 | (c3 << 32));
        for (var i = 0; i < 4; i++) { Put(words, i, first[i], second[i]); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Span<uint> words, int block, ulong first, ulong second)
    {
        (words[4 * block], words[4 * block + 1]) = ((uint)first, (uint)(first >> 32));
        (words[4 * block + 2], words[4 * block + 3]) = ((uint)second, (uint)(second >> 32));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Multiply(Vector512<ulong> a, uint b) =>
        Avx512F.IsSupported ? Avx512F.Multiply(a.AsUInt32(), Vector512.Create((ulong)b).AsUInt32()) : a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Multiply(Vector256<ulong> a, uint b) =>
        Avx2.IsSupported ? Avx2.Multiply(a.AsUInt32(), Vector256.Create((ulong)b).AsUInt32()) : a * b;
}
