using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Training on rankings of several responses to a prompt (RRHF, PRO, Plackett-Luce DPO).</summary>
public sealed class RankingTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<RankedResponses> rankings;
    private readonly RankingLoss loss;
    private readonly ILanguageModel? reference;
    private readonly bool ownsReference;

    /// <summary>A trainer of <paramref name="model"/> by <paramref name="loss"/>.</summary>
    /// <exception cref="UsageException">A ranking has fewer than two responses, an empty one, or a reward that is not finite.</exception>
    public RankingTrainer(ILanguageModel model, IReadOnlyList<RankedResponses> rankings, RankingLoss loss, OfflineTrainingOptions options, ILanguageModel? reference = null, ulong seed = 0)
        : base(model, model.Trainable, options, seed)
    {
        if (rankings.Count == 0) { throw new UsageException("There are no rankings. Give at least one."); }
        for (var i = 0; i < rankings.Count; i++)
        {
            var ranking = rankings[i];
            if (ranking.Responses.Count < 2 || ranking.Rewards.Count != ranking.Responses.Count || ranking.Responses.Any(response => response.Length == 0) || ranking.Rewards.Any(reward => !double.IsFinite(reward)))
            {
                throw new UsageException($"Ranking {i} (counted from 0) needs at least two responses, none of them empty, each with a finite reward.");
            }
        }
        (this.rankings, this.loss) = (rankings, loss);
        ownsReference = reference is null && loss.NeedsReference;
        this.reference = reference ?? (loss.NeedsReference ? Frozen.CopyOf(model) : null);
    }

    /// <inheritdoc/>
    public override string Algorithm => loss.Name;

    /// <inheritdoc/>
    protected override int Count => rankings.Count;

    /// <inheritdoc/>
    protected override IStateful? OwnState => reference;

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics)
    {
        var examples = batch.SelectMany(i => rankings[i].Responses.Select(response => new TokenExample(rankings[i].Prompt, response))).ToList();
        var tokens = TokenExample.Batch(examples);
        var scores = Model.Score(tokens).LogProbabilities;
        var mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]).to(scores.device);
        var referenceScores = ReferenceScores(tokens);
        var total = zeros([], dtype: scores.dtype, device: scores.device);
        var row = 0L;
        foreach (var i in batch)
        {
            var count = rankings[i].Responses.Count;
            var side = new PreferenceSide(scores.narrow(0, row, count), mask.narrow(0, row, count), referenceScores?.narrow(0, row, count));
            total = total + loss.Loss(new RankedBatch(side, rankings[i].Rewards));
            row += count;
        }
        return total / batch.Length;
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        if (ownsReference) { reference?.Dispose(); }
    }

    private Tensor? ReferenceScores(TokenBatch tokens)
    {
        using var withoutGradients = no_grad();
        return reference?.Score(tokens).LogProbabilities;
    }
}
