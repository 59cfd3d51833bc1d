using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// What <see cref="TokenDraw"/> does with the whole distribution, in torch operations: on a GPU three numbers of a row are read
/// instead of a vocabulary.
/// </summary>
internal static class TorchDraw
{
    /// <summary>Draws a token from each row of logits [rows, vocabulary], float32.</summary>
    /// <param name="logits">Left as they are.</param>
    /// <param name="uniforms">A number in [0, 1) a row.</param>
    /// <param name="temperature">Divides the logits; 0 takes the likeliest.</param>
    /// <param name="drawn">What was drawn, a row each.</param>
    public static void Draw(Tensor logits, ReadOnlySpan<double> uniforms, double temperature, Span<DrawnToken> drawn)
    {
        using var scope = NewDisposeScope();
        var greedy = temperature == 0;
        var all = (greedy || temperature == 1 ? logits : logits / temperature).log_softmax(-1);
        var probabilities = all.exp();
        // H = -Σ p log p; what cannot be drawn adds nothing, and not 0 · -∞
        var entropy = -(probabilities * all.clamp_min(-1e30)).sum(-1, keepdim: true);
        var token = greedy ? logits.argmax(-1, keepdim: true) : Passed(probabilities, uniforms);
        var found = cat([token.to(ScalarType.Float64), all.gather(-1, token).to(ScalarType.Float64), entropy.to(ScalarType.Float64)], -1).cpu().contiguous();
        var numbers = MemoryMarshal.Cast<byte, double>(found.bytes);
        for (var row = 0; row < drawn.Length; row++)
        {
            drawn[row] = new DrawnToken((int)numbers[3 * row], (float)numbers[3 * row + 1], (float)Math.Max(0, numbers[3 * row + 2]));
        }
    }

    /// <summary>
    /// The first token at which the distribution function passes its row's number. Sums in double: in single the last of a large
    /// vocabulary would be lost in rounding.
    /// </summary>
    private static Tensor Passed(Tensor probabilities, ReadOnlySpan<double> uniforms)
    {
        var sums = probabilities.cumsum(-1, ScalarType.Float64);
        var last = probabilities.shape[^1] - 1;
        var thresholds = tensor(uniforms.ToArray(), uniforms.Length, 1).to(probabilities.device) * sums.narrow(-1, last, 1);
        return (sums <= thresholds).sum(-1, keepdim: true).clamp_max(last);
    }
}
