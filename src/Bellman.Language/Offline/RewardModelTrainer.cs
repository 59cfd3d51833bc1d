using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Trains a <see cref="RewardModel"/> on preferences by the Bradley-Terry loss, with soft labels and margins where pairs have them.</summary>
public sealed class RewardModelTrainer : OfflineTrainer
{
    private readonly RewardModel rewards;
    private readonly IReadOnlyList<PreferenceExample> pairs;
    private readonly double centring;

    /// <summary>A trainer.</summary>
    /// <param name="rewards">What is trained.</param>
    /// <param name="pairs">At least one.</param>
    /// <param name="options">How; more than one pass usually fits the noise of the labels.</param>
    /// <param name="centring">Weight of keeping rewards around 0.</param>
    /// <param name="seed">Orders the pairs.</param>
    public RewardModelTrainer(RewardModel rewards, IReadOnlyList<PreferenceExample> pairs, OfflineTrainingOptions options, double centring = 0, ulong seed = 0)
        : base(rewards.Trunk, rewards.Trainable, options, seed)
    {
        PreferenceExample.RequireUsable(pairs);
        (this.rewards, this.pairs, this.centring) = (rewards, pairs, centring);
    }

    /// <inheritdoc/>
    public override string Algorithm => "rm.bt";

    /// <inheritdoc/>
    protected override int Count => pairs.Count;

    /// <inheritdoc/>
    protected override IStateful OwnState => rewards;

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics)
    {
        var chosen = rewards.Scores([.. batch.Select(i => pairs[i].ChosenExample)]);
        var rejected = rewards.Scores([.. batch.Select(i => pairs[i].RejectedExample)]);
        var strengths = Array.ConvertAll(batch, i => pairs[i].Strength);
        metrics.Add("preference/accuracy", chosen.gt(rejected).to(ScalarType.Float64).mean().ToDouble());
        metrics.Add("preference/margin", (chosen - rejected).mean().ToDouble());
        var loss = BradleyTerry.Losses(chosen, rejected, strengths: strengths.Any(double.IsNaN) ? null : strengths.Like(chosen)).mean();
        return centring > 0 ? loss + BradleyTerry.Centring(chosen, rejected, centring) : loss;
    }
}
