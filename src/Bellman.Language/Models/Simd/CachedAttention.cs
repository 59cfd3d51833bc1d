using System.Runtime.CompilerServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>
/// One new query against cached keys and values of a key head. Keys lie in tiles of one vector of positions, [tile, head
/// size, width], so that scores need no sum across lanes and memory is read in order; values lie as [position, head size].
/// </summary>
internal static unsafe class CachedAttention<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>Positions rounded up to whole tiles.</summary>
    public static int Whole(int positions) => (positions + TOps.Width - 1) / TOps.Width * TOps.Width;

    /// <summary>Writes a key into its place among the tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WriteKey(float* tiles, int position, float* key, int size)
    {
        var to = tiles + (nint)(position / TOps.Width) * size * TOps.Width + position % TOps.Width;
        for (nint i = 0; i < size; i++) { to[i * TOps.Width] = key[i]; }
    }

    /// <summary>Scores of one or two queries against the tiles: scores[position] = Σ q_i k_i.</summary>
    /// <param name="first">A query.</param>
    /// <param name="second">Another, of a head that shares the keys; null for none.</param>
    /// <param name="size">Head size.</param>
    /// <param name="tiles">The keys.</param>
    /// <param name="positions">How many keys; whole tiles are computed.</param>
    /// <param name="firstScores">Of the first query.</param>
    /// <param name="secondScores">Of the second.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scores(float* first, float* second, int size, float* tiles, int positions, float* firstScores, float* secondScores)
    {
        for (var position = 0; position < positions; position += TOps.Width)
        {
            // Two sums a query, because one would wait for its own latency.
            TVector even = default, odd = default, otherEven = default, otherOdd = default;
            if (second is null)
            {
                for (nint i = 0; i < size; i += 2, tiles += 2 * TOps.Width)
                {
                    even = TOps.MultiplyAdd(TOps.Broadcast(first[i]), TOps.Load(tiles), even);
                    odd = TOps.MultiplyAdd(TOps.Broadcast(first[i + 1]), TOps.Load(tiles + TOps.Width), odd);
                }
            }
            else
            {
                for (nint i = 0; i < size; i += 2, tiles += 2 * TOps.Width)
                {
                    TVector a = TOps.Load(tiles), b = TOps.Load(tiles + TOps.Width);
                    even = TOps.MultiplyAdd(TOps.Broadcast(first[i]), a, even);
                    otherEven = TOps.MultiplyAdd(TOps.Broadcast(second[i]), a, otherEven);
                    odd = TOps.MultiplyAdd(TOps.Broadcast(first[i + 1]), b, odd);
                    otherOdd = TOps.MultiplyAdd(TOps.Broadcast(second[i + 1]), b, otherOdd);
                }
                TOps.Store(TOps.Add(otherEven, otherOdd), secondScores + position);
            }
            TOps.Store(TOps.Add(even, odd), firstScores + position);
        }
    }

    /// <summary>Adds Σ w_t v_t to one or two outputs.</summary>
    /// <param name="first">Weights of the first head.</param>
    /// <param name="second">Weights of another that shares the values; null for none.</param>
    /// <param name="values">[positions, head size].</param>
    /// <param name="positions">How many.</param>
    /// <param name="size">Head size.</param>
    /// <param name="firstOutput">Of the first head.</param>
    /// <param name="secondOutput">Of the second.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddWeighted(float* first, float* second, float* values, int positions, int size, float* firstOutput, float* secondOutput)
    {
        var pairs = positions & ~1;
        for (nint column = 0; column < size; column += TOps.Width)
        {
            var v = values + column;
            TVector even = TOps.Load(firstOutput + column), odd = default, otherEven = second is null ? default : TOps.Load(secondOutput + column), otherOdd = default;
            nint t = 0;
            if (second is null)
            {
                for (; t < pairs; t += 2, v += 2 * size)
                {
                    even = TOps.MultiplyAdd(TOps.Broadcast(first[t]), TOps.Load(v), even);
                    odd = TOps.MultiplyAdd(TOps.Broadcast(first[t + 1]), TOps.Load(v + size), odd);
                }
                if (t < positions) { even = TOps.MultiplyAdd(TOps.Broadcast(first[t]), TOps.Load(v), even); }
            }
            else
            {
                for (; t < pairs; t += 2, v += 2 * size)
                {
                    TVector a = TOps.Load(v), b = TOps.Load(v + size);
                    even = TOps.MultiplyAdd(TOps.Broadcast(first[t]), a, even);
                    otherEven = TOps.MultiplyAdd(TOps.Broadcast(second[t]), a, otherEven);
                    odd = TOps.MultiplyAdd(TOps.Broadcast(first[t + 1]), b, odd);
                    otherOdd = TOps.MultiplyAdd(TOps.Broadcast(second[t + 1]), b, otherOdd);
                }
                if (t < positions)
                {
                    even = TOps.MultiplyAdd(TOps.Broadcast(first[t]), TOps.Load(v), even);
                    otherEven = TOps.MultiplyAdd(TOps.Broadcast(second[t]), TOps.Load(v), otherEven);
                }
                TOps.Store(TOps.Add(otherEven, otherOdd), secondOutput + column);
            }
            TOps.Store(TOps.Add(even, odd), firstOutput + column);
        }
    }
}
