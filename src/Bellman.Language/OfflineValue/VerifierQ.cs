using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// VerifierQ (Qi et al. 2024): Q-learning over reasoning steps with Q = sigma(head) in [0, 1]; used as a step verifier,
/// aggregated by the minimum.
/// </summary>
public static class VerifierQ
{
    /// <summary>y = (r + V(s')) / 2 for a step that is followed by another, y = r at the end.</summary>
    public static Tensor Targets(Tensor rewards, Tensor nextValues, Tensor terminal) => where(terminal, rewards, 0.5 * (rewards + nextValues.detach()));

    /// <summary>(Q - y)^2, mean.</summary>
    public static Tensor QLoss(Tensor q, Tensor targets) => (q - targets).square().mean();

    /// <summary>The value by expectile tau.</summary>
    public static Tensor ValueLoss(Tensor values, Tensor q, double tau = 0.9) => ImplicitLanguageQ.Expectile(q.detach() - values, tau);

    /// <summary>The conservative term: a second, lower expectile of the same Q; what lies between the two is not trusted.</summary>
    public static Tensor ConservativeLoss(Tensor lowerValues, Tensor q, double tau = 0.1) => ImplicitLanguageQ.Expectile(q.detach() - lowerValues, tau);
}
