using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.TokenHiddenReward;

/// <summary>
/// The law behind the score, measured: what one step of gradient descent on a group's token-mean loss does to the mean
/// log-likelihood of its correct responses, for several p. Each step starts from the same weights.
/// </summary>
internal static class OneStepLaw
{
    /// <summary>The gain for each p.</summary>
    /// <param name="model">Left as it is.</param>
    /// <param name="rollouts">One mixed group.</param>
    /// <param name="steering">The values of p.</param>
    /// <param name="learningRate">Of the step.</param>
    public static double[] Gains(Transformer model, IReadOnlyList<Rollout> rollouts, double[] steering, double learningRate)
    {
        using var scope = NewDisposeScope();
        var tokens = new TokenBatch([.. rollouts.Select(rollout => (int[])[.. rollout.Context, .. rollout.Tokens])], [.. rollouts.Select(rollout => (bool[])[.. new bool[rollout.Context.Length], .. rollout.Mask])]);
        var mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]);
        var hidden = Hidden(model, tokens);
        var credit = new GrpoCredit().Assign(new CreditBatch
        {
            Rows = tokens.Rows,
            Tokens = tokens.Length,
            Mask = tokens.Mask,
            Rewards = [.. rollouts.Select(rollout => rollout.Reward)],
            Groups = new int[tokens.Rows],
        }, new LanguagePapers.LastMetrics());
        var advantages = tensor(Array.ConvertAll(credit.Advantages, value => (float)value), [tokens.Rows, tokens.Length]);
        var before = Correct(model, tokens, rollouts);
        return Array.ConvertAll(steering, p =>
        {
            using var copy = model.CopyTransformer(model.Options);
            var batch = new PolicyBatch { LogProbabilities = hidden.LogProbabilities, OldLogProbabilities = hidden.LogProbabilities, Advantages = advantages, Mask = mask, Hidden = hidden.Hidden, Rollouts = rollouts };
            var steered = new TokenHiddenRewardTransform(copy, new TokenHiddenRewardOptions { P = p, Vocabulary = ErrorVocabulary.Full }).Transform(advantages, batch, new LanguagePapers.LastMetrics());
            // rho = 1: the surrogate's gradient is that of -A ln pi
            Reductions.TokenMean(-steered * copy.Score(tokens).LogProbabilities, mask).backward();
            using var optimizer = new TensorSgd(copy.Trainable);
            optimizer.Step(learningRate);
            return Correct(copy, tokens, rollouts) - before;
        });
    }

    private static TokenScores Hidden(Transformer model, TokenBatch tokens)
    {
        using var withoutGradients = no_grad();
        return model.Score(tokens, outputs: ScoreOutputs.Hidden);
    }

    private static double Correct(Transformer model, TokenBatch tokens, IReadOnlyList<Rollout> rollouts)
    {
        using var withoutGradients = no_grad();
        var sums = model.Score(tokens).LogProbabilities.sum(1).ToDoubles();
        return rollouts.Select((rollout, row) => (rollout, row)).Where(pair => pair.rollout.Reward >= 1).Average(pair => sums[pair.row]);
    }
}
