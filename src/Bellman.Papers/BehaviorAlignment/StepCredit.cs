using Bellman.Algorithms.Linear;

namespace Bellman.Papers.BehaviorAlignment;

/// <summary>
/// What each step of a trajectory is credited with, as a function of rewards and discount, and the derivatives that the outer level needs.
/// Returns: G_t = R_t + γ G_{t+1} with nothing after the last step. Advantages: R_t + γ V(s_{t+1}) - V(s_t).
/// </summary>
/// <param name="kind">Which.</param>
/// <param name="discountSteps">Multiplies the credit at t with γ^t.</param>
internal sealed class StepCredit(AlignmentCredit kind, bool discountSteps)
{
    /// <summary>Writes the credit w and dw/dγ of every step.</summary>
    /// <param name="trajectory">The steps.</param>
    /// <param name="rewards">[steps]: R.</param>
    /// <param name="discount">γ.</param>
    /// <param name="critic">[width]: V's weights; read for advantages only.</param>
    /// <param name="credit">[steps]: w.</param>
    /// <param name="slope">[steps]: dw/dγ.</param>
    public void Write(AlignmentTrajectory trajectory, ReadOnlySpan<double> rewards, double discount, ReadOnlySpan<double> critic, Span<double> credit, Span<double> slope)
    {
        var last = trajectory.Length - 1;
        if (kind == AlignmentCredit.Returns)
        {
            var (following, followingSlope) = (0.0, 0.0);
            for (var time = last; time >= 0; time--)
            {
                // dG_t/dγ = G_{t+1} + γ dG_{t+1}/dγ
                slope[time] = followingSlope = following + discount * followingSlope;
                credit[time] = following = rewards[time] + discount * following;
            }
        }
        else
        {
            for (var time = 0; time <= last; time++)
            {
                slope[time] = time == last && trajectory.Terminated ? 0 : WeightedRidge.Dot(critic, trajectory.At(time + 1));
                credit[time] = rewards[time] + discount * slope[time] - WeightedRidge.Dot(critic, trajectory.At(time));
            }
        }
        if (!discountSteps) { return; }
        for (var time = 0; time <= last; time++)
        {
            // d(γ^t w)/dγ = t γ^{t-1} w + γ^t dw/dγ
            slope[time] = (time > 0 ? time * Math.Pow(discount, time - 1) * credit[time] : 0) + Math.Pow(discount, time) * slope[time];
            credit[time] *= Math.Pow(discount, time);
        }
    }

    /// <summary>From ∂J/∂w of every step, ∂J/∂R of every step: for returns e_k = c_k + γ e_{k-1}.</summary>
    public void Carry(ReadOnlySpan<double> byCredit, double discount, Span<double> byReward)
    {
        var (before, power) = (0.0, 1.0);
        for (var time = 0; time < byCredit.Length; time++)
        {
            var own = byCredit[time] * power;
            byReward[time] = before = own + (kind == AlignmentCredit.Returns ? discount * before : 0);
            if (discountSteps) { power *= discount; }
        }
    }
}
