using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// What <see cref="TokenDraw"/> does with the whole distribution, in torch operations: on a GPU three numbers of a row are read
/// instead of a vocabulary.
/// </summary>
internal static class TorchDraw
{
    private const long Block = 512;

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
    /// The first token at which the distribution function passes its row's number: first the block of tokens, then the token within it, so that
    /// nearly all of it is plain sums and little a running one. Sums in double: in single the last of many tokens would be lost in rounding.
    /// </summary>
    private static Tensor Passed(Tensor probabilities, ReadOnlySpan<double> uniforms)
    {
        var (rows, vocabulary) = (probabilities.shape[0], probabilities.shape[1]);
        var blocks = nn.functional.pad(probabilities, [0, (Block - vocabulary % Block) % Block]).view(rows, -1, Block);
        var sums = blocks.sum(-1, type: ScalarType.Float64);
        var ends = sums.cumsum(-1);
        var thresholds = tensor(uniforms.ToArray(), rows, 1).to(probabilities.device) * ends.narrow(-1, ends.shape[1] - 1, 1);
        var block = First(ends, thresholds);
        var within = blocks.gather(1, block.unsqueeze(-1).expand(rows, 1, Block)).squeeze(1).cumsum(-1, ScalarType.Float64);
        var token = First(within, thresholds - (ends.gather(-1, block) - sums.gather(-1, block)));
        return (block * Block + token).clamp_max(vocabulary - 1);
    }

    /// <summary>[rows, 1]: the first number of each row beyond its threshold; the last where rounding leaves none.</summary>
    private static Tensor First(Tensor ascending, Tensor thresholds) => (ascending <= thresholds).sum(-1, keepdim: true).clamp_max(ascending.shape[1] - 1);
}
