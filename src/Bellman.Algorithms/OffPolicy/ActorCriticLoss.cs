namespace Bellman.Algorithms;

/// <summary>Targets and errors that every critic from replay shares (foundations 3.3).</summary>
public static class ActorCriticLoss
{
    /// <summary>y = r + d V(s'), where d is γ^k over the k steps to s' and 0 if they terminated; truncated ones bootstrap.</summary>
    public static double Target(double reward, double discount, double nextValue) => reward + discount * nextValue;

    /// <summary>½ (Q - y)² and its derivative with respect to Q.</summary>
    public static (double Loss, double Derivative) Critic(double value, double target) => (0.5 * (value - target) * (value - target), value - target);

    /// <summary>a' = clip(π⁻(s') + clip(ε, -c, c), -1, 1): the target's action with smoothing (Fujimoto et al. 2018, eq. 14).</summary>
    public static double Smoothed(double action, double noise, double noiseClip) => Math.Clamp(action + Math.Clamp(noise, -noiseClip, noiseClip), -1, 1);
}
