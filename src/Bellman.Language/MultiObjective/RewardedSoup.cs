using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Rewarded soups (Rame et al. 2023): the weighted mean of the parameters of policies trained for one reward each, from one start.</summary>
public static class RewardedSoup
{
    /// <summary>theta = sum_k w_k theta_k, written into <paramref name="target"/>.</summary>
    /// <param name="target">A model of the same layout.</param>
    /// <param name="models">At least one.</param>
    /// <param name="weights">One a model; they should sum to 1.</param>
    /// <exception cref="UsageException">The layouts differ.</exception>
    public static void Mix(ILanguageModel target, IReadOnlyList<ILanguageModel> models, IReadOnlyList<double> weights)
    {
        if (models.Count == 0 || models.Count != weights.Count) { throw new UsageException($"A soup needs one weight a model; there are {models.Count} models and {weights.Count} weights."); }
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        foreach (var parameter in target.Trainable)
        {
            var mixed = zeros_like(parameter.Value);
            for (var k = 0; k < models.Count; k++)
            {
                var other = models[k].Trainable.FirstOrDefault(candidate => candidate.Name == parameter.Name)
                    ?? throw new UsageException($"The models of a soup have the same layout; one lacks '{parameter.Name}'.");
                mixed = mixed + weights[k] * other.Value;
            }
            parameter.Value.copy_(mixed);
        }
    }

    /// <summary>sum_k w_k theta_k of plain vectors.</summary>
    public static double[] Mix(IReadOnlyList<double[]> parameters, IReadOnlyList<double> weights) =>
        [.. Enumerable.Range(0, parameters[0].Length).Select(i => parameters.Select((vector, k) => weights[k] * vector[i]).Sum())];
}

/// <summary>Rewards in context (Yang et al. 2024): the reward is written before the prompt, learned by imitation, and asked for later.</summary>
public static class RewardsInContext
{
    /// <summary>The reward rounded to multiples of <paramref name="step"/>, as text: .83 with step .1 is "0.8".</summary>
    /// <exception cref="UsageException">The reward is not finite.</exception>
    public static string Write(double reward, double step = 0.1)
    {
        if (!double.IsFinite(reward)) { throw new UsageException($"A reward of {reward} cannot be written into a prompt. Leave such responses out."); }
        var digits = Math.Max(0, (int)Math.Ceiling(-Math.Log10(step)));
        var rounded = Math.Round(reward / step) * step;
        return rounded.ToString("F" + digits, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The rewards of a response before its prompt, e.g. <c>&lt;helpful 0.8&gt;&lt;safe 1.0&gt; prompt</c>.</summary>
    public static string Prepend(string prompt, IEnumerable<KeyValuePair<string, double>> rewards, double step = 0.1) =>
        string.Concat(rewards.Select(reward => $"<{reward.Key} {Write(reward.Value, step)}>")) + " " + prompt;
}

/// <summary>
/// Safe RLHF (Dai et al. 2023): reward under a bound on cost. A = (A_R - lambda A_C) / (1 + lambda);
/// ln lambda &lt;- ln lambda + eta (mean cost - d).
/// </summary>
public sealed class LagrangeMultiplier : IStateful
{
    private readonly double rate;
    private readonly double limit;
    private double logarithm;

    /// <summary>A multiplier.</summary>
    /// <param name="initial">lambda at the start, above 0.</param>
    /// <param name="rate">eta.</param>
    /// <param name="limit">d: the mean cost allowed.</param>
    public LagrangeMultiplier(double initial = 1, double rate = 0.1, double limit = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(initial);
        (logarithm, this.rate, this.limit) = (Math.Log(initial), rate, limit);
    }

    /// <summary>lambda.</summary>
    public double Value => Math.Exp(logarithm);

    /// <summary>(A_R - lambda A_C) / (1 + lambda).</summary>
    public double Combine(double rewardAdvantage, double costAdvantage) => (rewardAdvantage - Value * costAdvantage) / (1 + Value);

    /// <summary>Rises while the mean cost is above the limit.</summary>
    public void Update(double meanCost) => logarithm += rate * (meanCost - limit);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(logarithm), ref logarithm);
}
