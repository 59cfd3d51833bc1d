using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Direct preference optimisation and its family: a loss over pairs, the reference's log-probabilities computed once before
/// training. Measures implicit rewards, accuracy, margin, and the chosen responses' log-likelihood, whose fall is the usual
/// way in which this family goes wrong.
/// </summary>
public sealed class PreferenceTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<PreferenceExample> pairs;
    private readonly PreferenceLoss loss;
    private readonly ILanguageModel? reference;
    private readonly bool ownsReference;
    private readonly float[][] chosenReference;
    private readonly float[][] rejectedReference;
    private readonly float[][] mismatchedReference;

    /// <summary>A trainer of <paramref name="model"/> by <paramref name="loss"/>.</summary>
    /// <param name="model">The policy.</param>
    /// <param name="pairs">At least one; for KTO two.</param>
    /// <param name="loss">Which loss.</param>
    /// <param name="options">How.</param>
    /// <param name="reference">What the policy is compared with; a copy of the model as it is now where the loss needs one and none is given.</param>
    /// <param name="seed">Orders the pairs.</param>
    /// <exception cref="UsageException">A pair is not usable, or the loss needs what the data lack.</exception>
    public PreferenceTrainer(ILanguageModel model, IReadOnlyList<PreferenceExample> pairs, PreferenceLoss loss, OfflineTrainingOptions options, ILanguageModel? reference = null, ulong seed = 0)
        : base(model, model.Trainable, options, seed)
    {
        PreferenceExample.RequireUsable(pairs);
        if (loss.NeedsMismatched && pairs.Count < 2) { throw new UsageException($"{loss.Name} compares with responses to other prompts, so it needs at least two examples; there is one. Give more data, or use dpo."); }
        (this.pairs, this.loss) = (pairs, loss);
        ownsReference = reference is null && loss.NeedsReference;
        this.reference = reference ?? (loss.NeedsReference ? Frozen.CopyOf(model) : null);
        chosenReference = Precompute([.. pairs.Select(pair => pair.ChosenExample)]);
        rejectedReference = Precompute([.. pairs.Select(pair => pair.RejectedExample)]);
        mismatchedReference = loss.NeedsMismatched ? Precompute([.. Enumerable.Range(0, pairs.Count).Select(Mismatched)]) : [];
    }

    /// <inheritdoc/>
    public override string Algorithm => loss.Name;

    /// <inheritdoc/>
    protected override int Count => pairs.Count;

    /// <inheritdoc/>
    protected override IStateful OwnState => new Fixed(this);

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics)
    {
        var chosen = Side(batch, i => pairs[i].ChosenExample, chosenReference, out var chosenLogits);
        var rejected = Side(batch, i => pairs[i].RejectedExample, rejectedReference, out var rejectedLogits);
        Tensor? Column(Func<PreferenceExample, double> value)
        {
            var values = Array.ConvertAll(batch, i => value(pairs[i]));
            return values.Any(double.IsNaN) ? null : values.Like(chosen.LogProbabilities);
        }
        var examples = new PreferenceBatch(chosen, rejected)
        {
            ChosenScores = Column(pair => pair.ChosenScore),
            RejectedScores = Column(pair => pair.RejectedScore),
            Strengths = Column(pair => pair.Strength),
            OtherMargins = Column(pair => pair.OtherMargin),
            MismatchedLogRatios = loss.NeedsMismatched ? MismatchedRatios(batch) : null,
            ChosenDivergences = Divergences(batch, i => pairs[i].ChosenExample, chosenLogits),
            RejectedDivergences = Divergences(batch, i => pairs[i].RejectedExample, rejectedLogits),
            ChosenCollisions = Collisions(chosenLogits),
            RejectedCollisions = Collisions(rejectedLogits),
        };
        Measure(examples, metrics);
        return loss.Losses(examples).mean();
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        if (ownsReference) { reference?.Dispose(); }
    }

    private static void Measure(PreferenceBatch batch, IMetricSink metrics)
    {
        using var withoutGradients = no_grad();
        metrics.Add("preference/chosen_log_likelihood", batch.Chosen.Sum.mean().ToDouble());
        metrics.Add("preference/rejected_log_likelihood", batch.Rejected.Sum.mean().ToDouble());
        var withReference = batch.Chosen.Reference is not null;
        var (chosen, rejected) = withReference ? (batch.Chosen.LogRatio, batch.Rejected.LogRatio) : (batch.Chosen.Sum, batch.Rejected.Sum);
        metrics.Add("preference/chosen_log_ratio", withReference ? chosen.mean().ToDouble() : double.NaN);
        metrics.Add("preference/margin", (chosen - rejected).mean().ToDouble());
        metrics.Add("preference/accuracy", chosen.gt(rejected).to(ScalarType.Float64).mean().ToDouble());
    }

    private PreferenceSide Side(int[] batch, Func<int, TokenExample> example, float[][] referenceScores, out Tensor? logits)
    {
        var tokens = TokenExample.Batch([.. batch.Select(example)]);
        var scores = Model.Score(tokens, 1, loss.Needs);
        logits = scores.Logits;
        var mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]).to(scores.LogProbabilities.device);
        return new PreferenceSide(scores.LogProbabilities, mask, referenceScores.Length == 0 ? null : ReferenceScores.Rows(batch, referenceScores, tokens.Length).to(mask.device));
    }

    private Tensor MismatchedRatios(int[] batch) => Side(batch, Mismatched, mismatchedReference, out _).LogRatio.detach();

    /// <summary>A prompt with the chosen response of the next pair.</summary>
    private TokenExample Mismatched(int index) => new(pairs[index].Prompt, pairs[(index + 1) % pairs.Count].Chosen);

    /// <summary>KL(reference || policy) at each token.</summary>
    private Tensor? Divergences(int[] batch, Func<int, TokenExample> example, Tensor? logits)
    {
        if (logits is null || reference is null) { return null; }
        using var withoutGradients = no_grad();
        var fixedLogits = reference.Score(TokenExample.Batch([.. batch.Select(example)]), 1, ScoreOutputs.Logits).Logits;
        using var withGradients = enable_grad();
        return fixedLogits is null ? null : KullbackLeibler.Exact(fixedLogits.log_softmax(-1).detach(), logits.log_softmax(-1));
    }

    private static Tensor? Collisions(Tensor? logits) => logits is null ? null : (2 * logits.log_softmax(-1)).logsumexp(-1);

    private float[][] Precompute(IReadOnlyList<TokenExample> examples) => reference is null ? [] : ReferenceScores.Precompute(reference, examples, Options.BatchSize);

    /// <summary>
    /// The reference as it was when training began: its scores, and itself where distributions are compared. The model has moved on
    /// when a run is resumed, so neither could be computed again.
    /// </summary>
    private sealed class Fixed(PreferenceTrainer owner) : IStateful
    {
        public void Exchange(StateExchange state)
        {
            ReferenceScores.Exchange(state, "chosen", owner.chosenReference);
            ReferenceScores.Exchange(state, "rejected", owner.rejectedReference);
            ReferenceScores.Exchange(state, "mismatched", owner.mismatchedReference);
            if (owner.loss.Needs.HasFlag(ScoreOutputs.Logits) && owner.reference is not null) { state.Part("reference", owner.reference); }
            if (owner.loss.State is { } own) { state.Part("loss", own); }
        }
    }
}
