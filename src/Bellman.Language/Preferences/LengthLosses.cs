using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// LD-DPO (Liu et al. 2024): tokens beyond the length of the shorter response count with weight alpha, in policy and reference:
/// what one response says only because it is longer counts less.
/// </summary>
public sealed record LengthDesensitizedDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.ld_dpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>alpha.</summary>
    [Description("Weight of the tokens that only the longer response has: 1 is dpo, 0 leaves them out.")]
    [Range(0.0, 1.0)]
    public double TailWeight { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var common = minimum(batch.Chosen.Mask.sum(1), batch.Rejected.Mask.sum(1)).unsqueeze(1);
        return NegativeLogSigmoid(Beta * (Weighted(batch.Chosen, common) - Weighted(batch.Rejected, common)));
    }

    private Tensor Weighted(PreferenceSide side, Tensor common)
    {
        var reference = (side.Reference ?? throw MissingReference.For(Name)).detach();
        // The position of a token among the masked ones, from 1.
        var position = side.Mask.to(ScalarType.Int64).cumsum(1);
        var ratio = Reductions.Select(side.LogProbabilities - reference, side.Mask);
        return where(position.gt(common), TailWeight * ratio, ratio).sum(1);
    }
}

/// <summary>
/// Step-DPO (Lai et al. 2024): dpo whose mask keeps only the first differing step; the shared, correct beginning is
/// conditioned on. <see cref="StepMasks"/> makes the masks.
/// </summary>
public sealed record StepDpoLoss : ScaledDeltaLoss
{
    /// <summary>With beta 0.4.</summary>
    public StepDpoLoss() => Beta = 0.4;

    /// <inheritdoc/>
    public override string Name => "pref.stepdpo";

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z) => NegativeLogSigmoid(z);

    /// <summary>Which tokens of two responses belong to the first step in which they differ.</summary>
    /// <param name="chosen">Tokens of the chosen response.</param>
    /// <param name="rejected">Tokens of the rejected response.</param>
    /// <param name="isSeparator">Whether a token ends a step.</param>
    public static (bool[] Chosen, bool[] Rejected) StepMasks(int[] chosen, int[] rejected, Func<int, bool> isSeparator)
    {
        var shared = 0;
        while (shared < Math.Min(chosen.Length, rejected.Length) && chosen[shared] == rejected[shared]) { shared++; }
        // The step begins after the last separator within the shared beginning.
        var start = shared;
        while (start > 0 && !isSeparator(chosen[start - 1])) { start--; }
        return (Step(chosen, start, isSeparator), Step(rejected, start, isSeparator));
    }

    private static bool[] Step(int[] tokens, int start, Func<int, bool> isSeparator)
    {
        var mask = new bool[tokens.Length];
        for (var i = start; i < tokens.Length; i++)
        {
            mask[i] = true;
            if (isSeparator(tokens[i])) { break; }
        }
        return mask;
    }
}
