using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Reinforcement and imitation in one loss (survey, hybrid methods).</summary>
public static class HybridLoss
{
    /// <summary>L = (1 - mu) L_RL + mu L_SFT.</summary>
    /// <param name="reinforcement">L_RL.</param>
    /// <param name="supervised">L_SFT.</param>
    /// <param name="share">mu from 0 (only rewards) to 1 (only imitation; e.g. for groups without any success).</param>
    public static Tensor Mix(Tensor reinforcement, Tensor supervised, double share)
    {
        if (share is not (>= 0 and <= 1)) { throw new UsageException($"The share of imitation cannot be {share}: it is a number from 0 (only rewards) to 1 (only imitation)."); }
        return (1 - share) * reinforcement + share * supervised;
    }
}
