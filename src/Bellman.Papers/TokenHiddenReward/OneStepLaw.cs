using Bellman.Language;
using Bellman.Papers.LanguagePapers;
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
        var batch = OneStep.Batch(model, rollouts);
        return Array.ConvertAll(steering, p =>
        {
            var transform = new TokenHiddenRewardTransform(model, new TokenHiddenRewardOptions { P = p, Vocabulary = ErrorVocabulary.Full });
            var gains = OneStep.Gains(model, batch, transform.Transform(batch.Advantages, batch, new LastMetrics()), learningRate);
            return gains.Where((_, row) => rollouts[row].Reward >= 1).Average();
        });
    }
}
