using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// ArCHer (Zhou et al. 2024): twin critics over turns and a token-level actor. Q(s, u) goes to r + gamma (1 - done) V(s'),
/// V(s) to the target Q of an utterance drawn anew from the policy.
/// </summary>
public static class TurnLevelCritic
{
    /// <summary>mean (Q(s, u) - (r + gamma (1 - done) V(s')))^2.</summary>
    public static Tensor QLoss(Tensor q, Tensor rewards, Tensor nextValues, Tensor done, double gamma = 0.9) => ImplicitLanguageQ.QLoss(q, rewards, nextValues, done, gamma);

    /// <summary>mean (V(s) - Q(s, u'))^2, u' drawn from the policy.</summary>
    public static Tensor ValueLoss(Tensor values, Tensor resampledQ) => (values - resampledQ.detach()).square().mean();

    /// <summary>-mean L(u) (min Q - min V), u drawn from the policy.</summary>
    public static Tensor ActorLoss(Tensor logProbabilities, Tensor q1, Tensor q2, Tensor v1, Tensor v2) =>
        -(logProbabilities * (minimum(q1, q2) - minimum(v1, v2)).detach()).mean();
}
