using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>Returns of imagined trajectories, differentiable.</summary>
public static class LambdaReturn
{
    /// <summary>
    /// V_t = r_t + d_t ((1 - l) v(s_{t+1}) + l V_{t+1}), the last V being v(s_H) (Hafner et al. 2020, eq. 6).
    /// </summary>
    /// <param name="rewards">[H, rows]: r_t came with s_{t+1}.</param>
    /// <param name="values">[H, rows]: v(s_{t+1}).</param>
    /// <param name="discounts">[H, rows]: d_t, the discount times the probability that the task goes on.</param>
    /// <param name="lambda">l.</param>
    public static Tensor Of(Tensor rewards, Tensor values, Tensor discounts, double lambda)
    {
        var horizon = (int)rewards.shape[0];
        var next = values[horizon - 1];
        var returns = new Tensor[horizon];
        for (var t = horizon - 1; t >= 0; t--)
        {
            next = rewards[t] + discounts[t] * ((1 - lambda) * values[t] + lambda * next);
            returns[t] = next;
        }
        return stack(returns, 0);
    }
}
