using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Learning a scalar reward from preferences (Bradley and Terry 1952; Ouyang et al. 2022).</summary>
public static class BradleyTerry
{
    /// <summary>-log sigma(r_w - r_l - margin), or with a soft label -p log sigma(.) - (1 - p) log sigma(-.): [pairs].</summary>
    /// <param name="chosen">r_w: [pairs].</param>
    /// <param name="rejected">r_l: [pairs].</param>
    /// <param name="margins">How clear each preference is; null for 0.</param>
    /// <param name="strengths">p: probability that the chosen one is better; null for 1.</param>
    public static Tensor Losses(Tensor chosen, Tensor rejected, Tensor? margins = null, Tensor? strengths = null)
    {
        var difference = chosen - rejected;
        if (margins is not null) { difference = difference - margins; }
        var loss = -nn.functional.logsigmoid(difference);
        return strengths is null ? loss : strengths * loss - (1 - strengths) * nn.functional.logsigmoid(-difference);
    }

    /// <summary>c mean (r_w + r_l)^2: keeps rewards around 0, which preferences alone leave open.</summary>
    public static Tensor Centring(Tensor chosen, Tensor rejected, double coefficient = 0.01) => coefficient * (chosen + rejected).square().mean();

    /// <summary>Mean over all K (K - 1) / 2 pairs of scores sorted best first: [K].</summary>
    public static Tensor AllPairs(Tensor scores)
    {
        var count = (int)scores.shape[0];
        if (count < 2) { throw new ArgumentException("A ranking has at least two responses.", nameof(scores)); }
        var loss = zeros([], dtype: scores.dtype, device: scores.device);
        for (var i = 0; i < count - 1; i++)
        {
            loss = loss - nn.functional.logsigmoid(scores[i] - scores.narrow(0, i + 1, count - i - 1)).sum();
        }
        return loss / (count * (count - 1) / 2.0);
    }
}

/// <summary>How the members of an ensemble of reward models are combined; disagreement is a sign of over-optimisation.</summary>
public enum EnsembleRule
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>The lowest: what no member doubts.</summary>
    Minimum,

    /// <summary>mean - lambda x population variance (Coste et al. 2023).</summary>
    MeanMinusVariance,
}

/// <summary>Several reward models as one.</summary>
public static class RewardEnsemble
{
    /// <summary>The reward of one response from its members' rewards.</summary>
    public static double Combine(IReadOnlyList<double> rewards, EnsembleRule rule, double lambda = 0.5)
    {
        if (rewards.Count == 0) { throw new ArgumentException("An ensemble has at least one member.", nameof(rewards)); }
        var mean = rewards.Average();
        return rule switch
        {
            EnsembleRule.Mean => mean,
            EnsembleRule.Minimum => rewards.Min(),
            _ => mean - lambda * rewards.Sum(reward => (reward - mean) * (reward - mean)) / rewards.Count,
        };
    }
}
