using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>r_match = 1 where the prediction is the token that the text goes on with.</summary>
/// <param name="form">Takes responses apart.</param>
public sealed class PredictionReward(ReasoningForm form) : IReward
{
    // Below twice chance a tier is noise, not difficulty.
    private const double TimesChance = 2;

    /// <inheritdoc/>
    public string Name => "match";

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        var parsed = rollouts.Select(rollout => (Target: ReasonedTarget.Of(rollout), Response: form.Parse(rollout.Tokens))).ToList();
        var hits = parsed.ConvertAll(pair => pair.Target is { } target ? form.IsHit(pair.Response, target.Continuation) ? 1.0 : 0 : (double?)null);
        foreach (var tier in Enum.GetValues<Tier>())
        {
            var own = Enumerable.Range(0, rollouts.Count).Where(i => parsed[i].Target?.Token.Tier == tier).ToList();
            if (own.Count == 0) { continue; }
            var name = tier.ToString().ToLowerInvariant();
            var rate = own.Average(i => hits[i] ?? 0);
            context.Metrics.Add($"rmt/hit_{name}", rate);
            context.Metrics.Add($"rmt/length_{name}", own.Average(i => parsed[i].Response.ThinkingLength));
            if (tier == Tier.Hard) { context.Metrics.Add("rmt/hard_near_chance", rate < TimesChance / context.Policy.VocabularySize ? 1 : 0); }
        }
        context.Metrics.Add("rmt/length", parsed.Average(pair => pair.Response.ThinkingLength));
        context.Metrics.Add("rmt/closed", parsed.Average(pair => pair.Response.Closed ? 1.0 : 0));
        if (parsed[0].Target?.Budget is { } budget) { context.Metrics.Add("rmt/budget", budget); }
        return new RewardScores(hits);
    }
}

/// <summary>r_len of the thinking against the prompt's budget.</summary>
/// <param name="form">Takes responses apart.</param>
/// <param name="shape">Triangular or linear.</param>
/// <param name="onlyIfHit">Whether a miss gets 0.</param>
public sealed class ThinkingLengthReward(ReasoningForm form, LengthShape shape, bool onlyIfHit) : IReward
{
    /// <inheritdoc/>
    public string Name => "length";

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context) => new([.. rollouts.Select(Score)]);

    private double? Score(Rollout rollout)
    {
        if (ReasonedTarget.Of(rollout) is not { Budget: { } budget } target) { return null; }
        var response = form.Parse(rollout.Tokens);
        if (onlyIfHit && !form.IsHit(response, target.Continuation)) { return 0; }
        return shape == LengthShape.Triangular ? LengthRewards.Triangular(response.ThinkingLength, budget) : LengthRewards.Linear(response.ThinkingLength, budget);
    }
}

internal static class ReasonedTarget
{
    public static ReasoningTarget? Of(Rollout rollout) => rollout.Prompt.Target as ReasoningTarget;
}

/// <summary>
/// + lambda L_NTP: L_NTP = - sum m ln p(token | before) / sum m over the step's documents, m = 0 at the targets: what is
/// reasoned about is not taught as well. Documents are plain text; thinking is never part of them.
/// </summary>
/// <param name="model">The policy.</param>
/// <param name="source">Knows the targets of the step.</param>
/// <param name="coefficient">lambda, from 0 up.</param>
public sealed class NextTokenTerm(ILanguageModel model, NextTokenSource source, double coefficient) : ILossTerm
{
    private readonly double coefficient = coefficient >= 0 ? coefficient : throw new UsageException($"The weight of next-token prediction cannot be {coefficient}: it is from 0 up.");

    /// <inheritdoc/>
    public string Name => "term.ntp";

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics)
    {
        var targets = source.Current.ToLookup(target => target.Document, target => target.Position);
        var loss = SupervisedTerm.NegativeLogLikelihood(model, [.. source.Text.Select(text => Example(text.Document, targets[text.Number].ToHashSet()))]);
        metrics.Add("rmt/next_token_loss", loss.ToDouble());
        return coefficient * loss;
    }

    /// <summary>A document as plain text with its targets masked out; without tokens before it its first token is not predicted.</summary>
    public static TokenExample Example(CorpusDocument document, IReadOnlySet<int> targets)
    {
        var first = document.Start.Length > 0 ? 0 : 1;
        return new TokenExample([.. document.Start, .. document.Tokens[..first]], document.Tokens[first..], [.. Enumerable.Range(first, document.Tokens.Length - first).Select(position => !targets.Contains(position))]);
    }
}
