using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Several responses to one prompt with their rewards.</summary>
/// <param name="Responses">[responses, tokens].</param>
/// <param name="Rewards">One a response.</param>
public sealed record RankedBatch(PreferenceSide Responses, IReadOnlyList<double> Rewards)
{
    /// <summary>Rows from the best to the worst; equal ones in their order.</summary>
    public int[] BestFirst => [.. Enumerable.Range(0, Rewards.Count).OrderByDescending(row => Rewards[row])];
}

/// <summary>A loss over a ranking of several responses to one prompt.</summary>
public abstract record RankingLoss
{
    /// <summary>The key in the registry, e.g. <c>pref.rrhf</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a frozen reference is compared with.</summary>
    public virtual bool NeedsReference => false;

    /// <summary>A scalar.</summary>
    public abstract Tensor Loss(RankedBatch batch);
}

/// <summary>RRHF (Yuan et al. 2023): sum over r_i &lt; r_j of [p_i - p_j]_+, p = L / n, plus NLL of the best.</summary>
public sealed record RrhfLoss : RankingLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.rrhf";

    /// <summary>Weight of the ranking.</summary>
    [Description("Weight of the ranking beside imitation: 1 in the paper, 100 with the mean log-likelihood in its code.")]
    [Range(0.0, 1e6)]
    public double RankWeight { get; init; } = 1;

    /// <inheritdoc/>
    public override Tensor Loss(RankedBatch batch) => RankWeight * Rank(batch.Responses.Average, batch.Rewards) - batch.Responses.Sum[batch.BestFirst[0]];

    /// <summary>sum over r_i &lt; r_j of [p_i - p_j]_+.</summary>
    public static Tensor Rank(Tensor scores, IReadOnlyList<double> rewards)
    {
        var r = rewards.ToArray().Like(scores);
        var worse = r.unsqueeze(1).lt(r.unsqueeze(0));
        var excess = (scores.unsqueeze(1) - scores.unsqueeze(0)).relu();
        return where(worse, excess, zeros_like(excess)).sum();
    }
}

/// <summary>PRO (Song et al. 2023): Plackett-Luce on p = L / n, best first.</summary>
public sealed record ProLoss : RankingLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.pro";

    /// <inheritdoc/>
    public override Tensor Loss(RankedBatch batch) => PlackettLuce.Loss(batch.Responses.Average[tensor(Array.ConvertAll(batch.BestFirst, row => (long)row))]);
}

/// <summary>Plackett-Luce DPO (Rafailov et al. 2023, appendix A.3): on beta h, best first.</summary>
public sealed record PlackettLuceDpoLoss : RankingLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.pl";

    /// <inheritdoc/>
    public override bool NeedsReference => true;

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Loss(RankedBatch batch) => PlackettLuce.Loss(Beta * batch.Responses.LogRatio[tensor(Array.ConvertAll(batch.BestFirst, row => (long)row))]);
}

/// <summary>The likelihood of a ranking (Plackett 1975).</summary>
public static class PlackettLuce
{
    /// <summary>-sum_{k &lt; K} [s_k - logsumexp_{j >= k} s_j], of scores sorted best first: [K].</summary>
    public static Tensor Loss(Tensor scores)
    {
        var count = scores.shape[0];
        var loss = zeros([], dtype: scores.dtype, device: scores.device);
        for (var k = 0L; k < count - 1; k++) { loss = loss + scores.narrow(0, k, count - k).logsumexp(0) - scores[k]; }
        return loss;
    }
}
