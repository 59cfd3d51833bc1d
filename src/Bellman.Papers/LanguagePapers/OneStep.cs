using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.LanguagePapers;

/// <summary>What one step of gradient descent on a group does to its responses, from the same weights for every choice of advantages.</summary>
internal static class OneStep
{
    /// <summary>A group with GRPO's advantages, its log-probabilities and hidden states.</summary>
    public static PolicyBatch Batch(Transformer model, IReadOnlyList<Rollout> rollouts)
    {
        var tokens = Tokens(rollouts);
        using var withoutGradients = no_grad();
        var scores = model.Score(tokens, outputs: ScoreOutputs.Hidden);
        var credit = new GrpoCredit().Assign(new CreditBatch
        {
            Rows = tokens.Rows,
            Tokens = tokens.Length,
            Mask = tokens.Mask,
            Rewards = [.. rollouts.Select(rollout => rollout.Reward)],
            Groups = new int[tokens.Rows],
        }, new LastMetrics());
        return new PolicyBatch
        {
            LogProbabilities = scores.LogProbabilities,
            OldLogProbabilities = scores.LogProbabilities,
            Advantages = tensor(Array.ConvertAll(credit.Advantages, value => (float)value), [tokens.Rows, tokens.Length]),
            Mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]),
            Hidden = scores.Hidden,
            Rollouts = rollouts,
        };
    }

    /// <summary>Gain of each response's log-likelihood by a step on the token mean of -A ln pi: [responses].</summary>
    /// <param name="model">Left as it is.</param>
    /// <param name="batch">From <see cref="Batch"/>.</param>
    /// <param name="advantages">A: [rows, tokens].</param>
    /// <param name="learningRate">Of the step.</param>
    public static double[] Gains(Transformer model, PolicyBatch batch, Tensor advantages, double learningRate)
    {
        using var scope = NewDisposeScope();
        var tokens = Tokens(batch.Rollouts);
        using var copy = model.CopyTransformer(model.Options);
        // rho = 1: the surrogate's gradient is that of -A ln pi
        Reductions.TokenMean(-advantages * copy.Score(tokens).LogProbabilities, batch.Mask).backward();
        using var optimizer = new TensorSgd(copy.Trainable);
        optimizer.Step(learningRate);
        using var withoutGradients = no_grad();
        var before = batch.OldLogProbabilities.sum(1).ToDoubles();
        return [.. copy.Score(tokens).LogProbabilities.sum(1).ToDoubles().Zip(before, (after, old) => after - old)];
    }

    private static TokenBatch Tokens(IReadOnlyList<Rollout> rollouts) =>
        new([.. rollouts.Select(rollout => (int[])[.. rollout.Context, .. rollout.Tokens])], [.. rollouts.Select(rollout => (bool[])[.. new bool[rollout.Context.Length], .. rollout.Mask])]);
}
