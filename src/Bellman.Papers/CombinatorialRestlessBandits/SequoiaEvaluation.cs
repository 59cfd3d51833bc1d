using Bellman.Environments.RestlessBandits;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>Measures a policy on episodes whose beginnings and chances are the same for every policy.</summary>
public static class SequoiaEvaluation
{
    /// <summary>Mean expected reward a step.</summary>
    /// <param name="instance">The arms.</param>
    /// <param name="policy">The policy; every action it gives is checked.</param>
    /// <param name="episodes">Episodes.</param>
    /// <param name="horizon">Steps of each.</param>
    /// <param name="random">Episode i draws from its child i.</param>
    /// <param name="cancellation">Set when the user stops.</param>
    /// <exception cref="BellmanException">The policy gave an action that is not feasible.</exception>
    public static double AverageReward(RestlessBanditInstance instance, IActionChoice policy, int episodes, int horizon, RandomStream random, CancellationToken cancellation = default)
    {
        var (states, action, total) = (new int[instance.Arms], new float[instance.Actions.Size], 0.0);
        for (var episode = 0; episode < episodes; episode++)
        {
            cancellation.ThrowIfCancellationRequested();
            var stream = random.Child("evaluation", episode);
            RestlessBanditInstance.Start(states, 0.2, stream);
            for (var t = 0; t < horizon; t++)
            {
                policy.Choose(states, action);
                if (!instance.Actions.IsFeasible(action)) { throw new BellmanException($"The policy chose an infeasible action in episode {episode}, step {t}: {string.Join(' ', action)}."); }
                total += instance.ExpectedReward(states, action);
                instance.Step(states, action, stream);
            }
        }
        return total / (episodes * horizon);
    }
}
