using Bellman.Algorithms;

namespace Bellman.Papers.InformationPrioritization;

/// <summary>
/// InfoPower (Bharadhwaj et al. 2022): Dreamer whose latents tell observations apart (InfoNCE), are predictable (forward information, the
/// divergence of posterior from prior), tell the reward, and under a constraint tell the action, so that what can be controlled is encoded first.
/// </summary>
public static class InfoPower
{
    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies.</param>
    /// <param name="dreamer">Options of Dreamer; <see cref="InfoPowerOptions.Dreamer"/> are the method's.</param>
    /// <param name="options">The method's own.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which the intrinsic reward is annealed.</param>
    /// <exception cref="UsageException">An option is out of range, the actions are not a bounded Box (the inverse model is a Gaussian), or the posterior would see actions.</exception>
    public static Dreamer Create(VectorEnvironment environment, DreamerOptions dreamer, InfoPowerOptions options, ulong seed, long totalSteps)
    {
        if (!dreamer.ActionFreePosterior) { throw new UsageException("InfoPower needs actionFreePosterior=true: a posterior that reads the recurrent state copies the action into the latent, and the empowerment bound is met without looking at the observation."); }
        var term = new EmpowermentTerm(options);
        return new Dreamer(environment, dreamer, seed, new DreamerAdditions
        {
            Algorithm = "infopower",
            Terms = [term],
            Reward = options.RewardWeight > 0 ? new EmpowermentReward(term, options.RewardWeight, totalSteps) : null,
        });
    }
}
