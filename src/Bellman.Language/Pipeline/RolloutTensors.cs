using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// The rollouts of a step as tensors [rows, length], columns belonging to context and response alike: old and reference
/// log-probabilities, and what transforms asked for, all without gradient and in the host's memory, wherever the model lives.
/// </summary>
internal sealed class RolloutTensors
{
    private RolloutTensors(IReadOnlyList<Rollout> rollouts, TokenBatch tokens, Tensor mask, Tensor old)
    {
        (Rollouts, Tokens, Mask, Old) = (rollouts, tokens, mask, old);
    }

    public IReadOnlyList<Rollout> Rollouts { get; }
    public TokenBatch Tokens { get; }
    public Tensor Mask { get; }
    public Tensor Old { get; }
    public Tensor? Reference { get; private set; }
    public Tensor? Entropies { get; private set; }
    public Tensor? Hidden { get; private set; }
    public Tensor? Logits { get; private set; }
    public Tensor? Values { get; private set; }

    /// <summary>Scores what the sampler did not say, under <c>no_grad</c>.</summary>
    public static RolloutTensors Score(IReadOnlyList<Rollout> rollouts, PostTrainerParts parts, ScoreOutputs needs)
    {
        using var withoutGradients = no_grad();
        var gradients = new GradientParts(parts.Options.TokensAtOnce);
        ILanguageModel Parted(ILanguageModel model) => new PartedModel(model, gradients);
        var tokens = Batch(rollouts, Enumerable.Range(0, rollouts.Count).ToArray());
        var mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]);
        var temperature = parts.Options.Temperature;
        var known = !parts.Options.Rescore && rollouts.All(rollout => rollout.LogProbabilities.Length == rollout.Tokens.Length);
        var scores = known && needs == ScoreOutputs.None ? null : Parted(parts.Model).Score(tokens, temperature, needs);
        var old = known || scores is null ? Sampled(rollouts, tokens) : scores.LogProbabilities.cpu();
        return new RolloutTensors(rollouts, tokens, mask, old)
        {
            Reference = parts is { ScoresReference: true, Reference: { } reference } ? Parted(reference).Score(tokens, temperature).LogProbabilities.cpu() : null,
            Entropies = scores?.Entropies?.cpu(),
            Hidden = scores?.Hidden?.cpu(),
            Logits = scores?.Logits?.cpu(),
            Values = parts.Critic is { } critic ? gradients.Run(tokens, part => [critic.Values(part)])[0]?.cpu() : null,
        };
    }

    /// <summary>Some rows side by side.</summary>
    public static TokenBatch Batch(IReadOnlyList<Rollout> rollouts, int[] rows) => new(
        [.. rows.Select(row => (int[])[.. rollouts[row].Context, .. rollouts[row].Tokens])],
        [.. rows.Select(row => (bool[])[.. new bool[rollouts[row].Context.Length], .. rollouts[row].Mask])]);

    /// <summary>One objective's rewards alone as credit assigners see them: [rows].</summary>
    public CreditBatch ToCredit(double[] rewards) => new()
    {
        Rows = Rollouts.Count,
        Tokens = Tokens.Length,
        Mask = Tokens.Mask,
        Rewards = rewards,
        Groups = [.. Rollouts.Select(rollout => rollout.Group)],
        Rollouts = Rollouts,
    };

    /// <summary>The rewards as credit assigners see them, in these columns, the penalty -beta k1 in the token rewards.</summary>
    public CreditBatch ToCredit(double rewardKl, double[]? greedyRewards)
    {
        var length = Tokens.Length;
        double[]? tokenRewards = null;
        if (rewardKl > 0 && Reference is not null)
        {
            using var scope = NewDisposeScope();
            // r_t = -beta k1_t
            tokenRewards = Reductions.Select(-rewardKl * KullbackLeibler.Estimate(KlEstimator.K1, Old, Reference), Mask).ToDoubles();
        }
        for (var row = 0; row < Rollouts.Count; row++)
        {
            if (Rollouts[row].TokenRewards is not { } own) { continue; }
            tokenRewards ??= new double[Rollouts.Count * length];
            for (var t = 0; t < own.Length; t++) { tokenRewards[row * length + Rollouts[row].Context.Length + t] += own[t]; }
        }
        return new CreditBatch
        {
            Rows = Rollouts.Count,
            Tokens = length,
            Mask = Tokens.Mask,
            Rewards = [.. Rollouts.Select(rollout => rollout.Reward)],
            Groups = [.. Rollouts.Select(rollout => rollout.Group)],
            TokenRewards = tokenRewards,
            Values = Values?.ToDoubles(),
            GreedyRewards = greedyRewards,
            Rollouts = Rollouts,
        };
    }

    /// <summary>The whole step for transforms.</summary>
    public PolicyBatch ToPolicy(Tensor advantages, int maximumTokens) => new()
    {
        LogProbabilities = Old,
        OldLogProbabilities = Old,
        ReferenceLogProbabilities = Reference,
        Advantages = advantages,
        Mask = Mask,
        Entropies = Entropies,
        Hidden = Hidden,
        Logits = Logits,
        Values = Values,
        MaximumTokens = maximumTokens,
        Rollouts = Rollouts,
    };

    private static Tensor Sampled(IReadOnlyList<Rollout> rollouts, TokenBatch tokens)
    {
        var values = new float[tokens.Rows * tokens.Length];
        for (var row = 0; row < tokens.Rows; row++)
        {
            var (start, rollout) = (row * tokens.Length + rollouts[row].Context.Length, rollouts[row]);
            for (var t = 0; t < rollout.Tokens.Length; t++) { if (rollout.Mask[t]) { values[start + t] = rollout.LogProbabilities[t]; } }
        }
        return tensor(values, [tokens.Rows, tokens.Length]);
    }
}
