using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.TokenHiddenReward;

/// <summary>
/// The predecessor, NTHR: only tokens of wrong responses whose influence s on the correct ones exceeds tau_0 = beta min_i mean_k s_{i,k}
/// are damped, A_j eta with eta = 2 |0.5 - |P|/G|. Here s = g^T M_0 h without the division by lengths.
/// </summary>
/// <param name="model">The policy.</param>
/// <param name="beta">Multiple of the threshold.</param>
public sealed class NegativeTokenHiddenReward(ILanguageModel model, double beta = 1) : ICreditTransform, IStageCheck
{
    private readonly HiddenGroups groups = new("nthr", model, null);

    /// <inheritdoc/>
    public string Name => "nthr";

    /// <inheritdoc/>
    public ScoreOutputs Needs => ScoreOutputs.Hidden;

    /// <inheritdoc/>
    public void Check(PostTrainingStages stages) => groups.Check(stages);

    /// <inheritdoc/>
    public Tensor Transform(Tensor advantages, PolicyBatch batch, IMetricSink metrics)
    {
        var weights = new float[advantages.numel()];
        Array.Fill(weights, 1);
        var damped = 0;
        foreach (var (_, places, group) in groups.Mixed(batch))
        {
            var influence = HiddenRewards.Influence(group, groups.Output, new TokenHiddenRewardOptions(), perToken: false);
            var threshold = HiddenRewards.Threshold(influence, group.Lengths, group.Correct, beta);
            // eta = 2 |0.5 - |P| / G|
            var eta = 2 * Math.Abs(0.5 - (double)group.Correct.Count(correct => correct) / group.Correct.Length);
            var at = 0;
            for (var j = 0; j < group.Lengths.Length; j++)
            {
                for (var k = 0; k < group.Lengths[j]; k++, at++)
                {
                    if (group.Correct[j] || influence[at] <= threshold) { continue; }
                    weights[places[at]] = (float)eta;
                    damped++;
                }
            }
        }
        metrics.Add("nthr/damped", damped);
        return advantages * tensor(weights, advantages.shape).to(advantages.device);
    }
}

/// <summary>
/// Pass@K training: advantages of a problem from the probability that K of its n responses hold a correct one, R = 1 - C(n-,K)/C(n,K),
/// sigma = sqrt(R (1 - R)): A_correct = (1 - R)/sigma, A_wrong = (1 - R - C(n- - 1, K-1)/C(n-1, K-1))/sigma; mixed with GRPO's by chi.
/// </summary>
public sealed record PassAtKTrainingCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.passk_training";

    /// <summary>K.</summary>
    [Description("K: how many responses of which one must be right; larger explores more.")]
    [Range(1, 1000)]
    public int K { get; init; } = 4;

    /// <summary>chi.</summary>
    [Description("Share of these advantages beside GRPO's; 1 is pure pass@K training.")]
    [Range(0.0, 1.0)]
    public double Chi { get; init; } = 1;

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        var correct = Array.ConvertAll(rewards, reward => reward >= 1);
        var (n, wrong, k) = (rewards.Length, correct.Count(right => !right), Math.Min(K, rewards.Length));
        var mean = 1 - Choose(wrong, k) / Choose(n, k);
        var sigma = Math.Sqrt(mean * (1 - mean));
        if (rewards.All(reward => reward == rewards[0])) { return new double[n]; }
        var (average, deviation) = (rewards.Average(), Deviation(rewards));
        return [.. rewards.Select((reward, i) =>
        {
            var passes = sigma == 0 ? 0 : correct[i] ? (1 - mean) / sigma : (1 - mean - Choose(wrong - 1, k - 1) / Choose(n - 1, k - 1)) / sigma;
            return Chi * passes + (1 - Chi) * (reward - average) / (deviation + 1e-6);
        })];
    }

    /// <summary>n over k, 0 where k is above n.</summary>
    private static double Choose(int n, int k)
    {
        if (k > n) { return 0; }
        var product = 1.0;
        for (var i = 1; i <= k; i++) { product *= (double)(n - k + i) / i; }
        return product;
    }
}

/// <summary>
/// COV-KL: c = (ln pi - mean ln pi)(A - mean A) over all tokens of the batch; the share of tokens with the largest c pays a divergence
/// from the policy that drew them, k2. In the first pass over a batch that divergence has no gradient: it acts from the second on.
/// </summary>
public sealed record CovarianceKlTerm : ILossTerm
{
    /// <inheritdoc/>
    public string Name => "term.cov_kl";

    /// <summary>Share of the tokens.</summary>
    [Description("Share of the tokens, those of the largest covariance, that pay the divergence; 0.0002 to 0.002 for long responses.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Share { get; init; } = 0.002;

    /// <summary>Weight of the divergence.</summary>
    [Description("Weight of the divergence; 0.1 to 1.")]
    [Range(0.0, 1e6)]
    public double Coefficient { get; init; } = 1;

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics)
    {
        var old = batch.OldLogProbabilities.masked_select(batch.Mask);
        var advantages = batch.FixedAdvantages.masked_select(batch.Mask);
        var covariance = (old - old.mean()) * (advantages - advantages.mean());
        var count = Math.Max(1, (int)Math.Round(Share * covariance.numel()));
        var chosen = covariance.topk(count).indexes;
        var estimate = KullbackLeibler.Estimate(KlEstimator.K2, batch.LogProbabilities.masked_select(batch.Mask), old);
        return Coefficient * estimate.index_select(0, chosen).sum() / covariance.numel();
    }
}
