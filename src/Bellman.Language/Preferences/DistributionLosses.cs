using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// AOT (Melnyk et al. 2024), paired: the sorted differences L_w - L_l should dominate the sorted differences of the
/// reference: -log sigma(beta (sorted - sorted_ref)).
/// </summary>
public sealed record AotLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.aot";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.01;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var policy = (batch.Chosen.Sum - batch.Rejected.Sum).sort(0).Values;
        var reference = (batch.Chosen.ReferenceSum - batch.Rejected.ReferenceSum).sort(0).Values;
        return NegativeLogSigmoid(Beta * (policy - reference));
    }
}

/// <summary>AOT, unpaired: the sorted h_w should dominate the sorted h_l.</summary>
public sealed record AotUnpairedLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.aot_unpaired";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.01;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * (batch.Chosen.LogRatio.sort(0).Values - batch.Rejected.LogRatio.sort(0).Values));
}

/// <summary>REBEL (Gao et al. 2024): regress the log-ratios on the rewards, (beta Delta - (r_w - r_l))^2, beta = 1 / eta.</summary>
public sealed record RebelLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.rebel";

    /// <summary>beta.</summary>
    [Description("Weight of the reference, 1 / eta.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => (Beta * batch.Delta - batch.ScoreDifference).square();
}

/// <summary>What kind of feedback UNA regresses on.</summary>
public enum FeedbackKind
{
    /// <summary>Scores: squared error.</summary>
    Scores,

    /// <summary>Good or bad: binary cross-entropy.</summary>
    Binary,

    /// <summary>Pairs: dpo.</summary>
    Pairs,
}

/// <summary>UNA (Wang et al. 2024): the implicit reward beta h is regressed on whatever feedback there is.</summary>
public sealed record UnaLoss : PreferenceLoss, IUnpairedLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.una";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>The feedback.</summary>
    [Description("The feedback: scores (squared error), binary (cross-entropy) or pairs (dpo).")]
    public FeedbackKind Feedback { get; init; } = FeedbackKind.Scores;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        if (Feedback == FeedbackKind.Pairs) { return NegativeLogSigmoid(Beta * batch.Delta); }
        _ = batch.ScoreDifference;
        return 0.5 * (Of(batch.Chosen.LogRatio, batch.ChosenScores ?? batch.Delta) + Of(batch.Rejected.LogRatio, batch.RejectedScores ?? batch.Delta));
    }

    /// <inheritdoc/>
    public bool TakesScores => Feedback == FeedbackKind.Scores;

    /// <inheritdoc/>
    public Tensor UnpairedLosses(UnpairedBatch batch) => Feedback == FeedbackKind.Pairs
        ? throw new UsageException("una with feedback=pairs compares pairs. Set feedback=binary or feedback=scores for responses on their own.")
        : Of(batch.Side.LogRatio, batch.Feedback);

    /// <summary>The loss of responses on their own: (beta h - z)^2, or -z log sigma(beta h) - (1 - z) log sigma(-beta h).</summary>
    public Tensor Of(Tensor h, Tensor feedback) => Feedback == FeedbackKind.Binary
        ? feedback * NegativeLogSigmoid(Beta * h) + (1 - feedback) * NegativeLogSigmoid(-Beta * h)
        : (Beta * h - feedback).square();
}

/// <summary>MODPO (Zhou et al. 2023): -log sigma((z - w_{-k} (r_w - r_l)_{-k}) / w_k): one objective's preferences, the others as a margin.</summary>
public sealed record MultiObjectiveDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.modpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>w_k.</summary>
    [Description("Weight of the objective that the pairs express; the others' weighted margins come with the data.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Weight { get; init; } = 0.7;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => NegativeLogSigmoid(
        (Beta * batch.Delta - (batch.OtherMargins ?? throw new UsageException($"{Name} needs the weighted margins of the other rewards with every pair. Give them, or use dpo."))) / Weight);
}
