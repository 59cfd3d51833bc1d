using System.Runtime.CompilerServices;
namespace Bellman.Language;

/// <summary>A token that was drawn.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">log pi(token | before) at the temperature, before penalty and truncation, in nats; at temperature 1 where the temperature is 0.</param>
/// <param name="Entropy">Entropy of that same distribution, in nats.</param>
public readonly record struct DrawnToken(int Token, float LogProbability, float Entropy);

/// <summary>
/// Draws a token from logits. Order: repetition penalty, temperature, top-k, top-p, min-p, renormalise. Scratch memory is
/// its own: one draw, one thread.
/// </summary>
internal sealed class TokenDraw
{
    // Bits of a single below the upper three of its fraction, and the bin of 1.
    private const int BinShift = 20;
    private const int LastBin = 0x3f800000 >> BinShift;

    private readonly SamplingOptions options;
    private readonly bool truncates;
    private readonly float[] weights;
    private readonly double[] bins = new double[LastBin + 1];
    private int[] order = [];

    public TokenDraw(SamplingOptions options, int vocabulary)
    {
        this.options = options;
        truncates = (options.TopK > 0 && options.TopK < vocabulary) || options.TopP < 1 || options.MinP > 0;
        weights = new float[vocabulary];
    }

    /// <summary>Whether tokens are drawn from the whole distribution, nothing cut off or penalised.</summary>
    public bool IsWhole => !truncates && options.RepetitionPenalty == 1;

    /// <summary>Divides the logits.</summary>
    public double Temperature => options.Temperature;

    /// <summary>Draws one token.</summary>
    /// <param name="logits">[vocabulary]; left as they are.</param>
    /// <param name="seen">Tokens read or produced so far, for the repetition penalty; null when there is none.</param>
    /// <param name="random">One number is taken from it, at any temperature: the draws after do not depend on it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public DrawnToken Draw(ReadOnlySpan<float> logits, IReadOnlySet<int>? seen, RandomStream random)
    {
        var uniform = random.NextDouble();
        var greedy = options.Temperature == 0;
        var inverse = greedy ? 1f : (float)(1 / options.Temperature);
        var (maximum, total, mean) = SoftmaxKernels.Active.Exponentials(logits, inverse, weights);
        var logTotal = Math.Log(total);
        // H = log Σ e^z - Σ z e^z / Σ e^z
        var entropy = Math.Max(0, logTotal - mean / total);
        int token;
        if (seen is null || options.RepetitionPenalty == 1)
        {
            token = greedy ? IndexOfMaximum(logits) : truncates ? Truncated(uniform) : Whole(uniform, total);
        }
        else { token = Penalised(logits, seen, inverse, greedy, uniform); }
        return new DrawnToken(token, (float)((logits[token] - maximum) * inverse - logTotal), (float)entropy);
    }

    private int Penalised(ReadOnlySpan<float> logits, IReadOnlySet<int> seen, float inverse, bool greedy, double uniform)
    {
        var penalised = logits.ToArray();
        var penalty = (float)options.RepetitionPenalty;
        foreach (var token in seen) { penalised[token] = penalised[token] > 0 ? penalised[token] / penalty : penalised[token] * penalty; }
        if (greedy) { return IndexOfMaximum(penalised); }
        var (_, total, _) = SoftmaxKernels.Active.Exponentials(penalised, inverse, weights);
        return truncates ? Truncated(uniform) : Whole(uniform, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Whole(double uniform, double total)
    {
        var threshold = uniform * total;
        for (var token = 0; token < weights.Length; token++)
        {
            threshold -= weights[token];
            if (threshold < 0) { return token; }
        }
        return IndexOfMaximum(weights);
    }

    private int Truncated(double uniform)
    {
        var kept = Likeliest(out var total);
        if (options.TopP < 1)
        {
            // The token that crosses the threshold is kept.
            var (sum, limit) = (0.0, options.TopP * total);
            var count = 0;
            while (count < kept && sum < limit) { sum += weights[order[count++]]; }
            kept = Math.Max(1, count);
        }
        var least = options.MinP * weights[order[0]];
        while (kept > 1 && weights[order[kept - 1]] < least) { kept--; }
        var renormalised = 0.0;
        for (var i = 0; i < kept; i++) { renormalised += weights[order[i]]; }
        var threshold = uniform * renormalised;
        for (var i = 0; i < kept; i++)
        {
            threshold -= weights[order[i]];
            if (threshold < 0) { return order[i]; }
        }
        return order[0];
    }

    /// <summary>Orders the candidates by weight, then id; how many there are, and their sum.</summary>
    private int Likeliest(out double total)
    {
        if (order.Length == 0) { order = new int[weights.Length]; }
        var chosen = options.TopK > 0 && options.TopK < weights.Length;
        total = 0;
        if (!chosen)
        {
            foreach (var weight in weights) { total += weight; }
        }
        // What cannot be drawn is left out before the sort, which would otherwise take most of the time.
        var least = chosen ? LeastOf(options.TopK, counted: true) : Math.Max(options.MinP * weights[IndexOfMaximum(weights)], LeastOf(options.TopP * total, counted: false));
        var count = 0;
        for (var token = 0; token < weights.Length; token++)
        {
            if (weights[token] < least) { continue; }
            order[count++] = token;
        }
        order.AsSpan(0, count).Sort((left, right) => weights[left] != weights[right] ? weights[right].CompareTo(weights[left]) : left.CompareTo(right));
        if (chosen)
        {
            count = Math.Min(count, options.TopK);
            for (var i = 0; i < count; i++) { total += weights[order[i]]; }
        }
        return count;
    }

    /// <summary>A weight such that the tokens that reach it are this many (<paramref name="counted"/>) or have this much weight together.</summary>
    private float LeastOf(double amount, bool counted)
    {
        Array.Clear(bins);
        foreach (var weight in weights) { bins[Bin(weight)] += counted ? 1 : weight; }
        // Sums in another order differ in their last digits: a little more than is asked for is kept.
        amount *= 1 + 1e-9;
        var bin = LastBin;
        for (var above = bins[bin]; above < amount && bin > 0; above += bins[bin]) { bin--; }
        return BitConverter.Int32BitsToSingle(bin << BinShift);
    }

    /// <summary>Weights, which are at most 1, in bins of an eighth of a power of two: the upper bits of a float that is not negative order it.</summary>
    private static int Bin(float weight) => (int)Math.Min(BitConverter.SingleToUInt32Bits(weight) >> BinShift, LastBin);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int IndexOfMaximum(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best]) { best = i; }
        }
        return best;
    }
}
