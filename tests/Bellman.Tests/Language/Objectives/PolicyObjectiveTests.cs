using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;
using static TorchSharp.torch;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of the policy-gradient family (C9 to C14, C24 to C28, C61 to C64).</summary>
public sealed class PolicyObjectiveTests
{
    private static readonly double[] Chosen = [-.2, -.5, -.3];
    private static readonly double[] Reference = [-.4, -.6, -.5];

    private static PolicyBatch Batch(double[] current, double[] old, double[] advantages) => new()
    {
        LogProbabilities = Table(current),
        OldLogProbabilities = Table(old),
        Advantages = Table(advantages),
        Mask = Mask(current),
    };

    [Theory]
    [InlineData(KlEstimator.K1, new[] { .2, .1, .2 })]
    [InlineData(KlEstimator.K2, new[] { .02, .005, .02 })]
    [InlineData(KlEstimator.K3, new[] { .018731, .004837, .018731 })]
    [InlineData(KlEstimator.K3StraightThrough, new[] { .018731, .004837, .018731 })]
    public void C9_estimators_of_the_divergence(KlEstimator estimator, double[] expected) =>
        Near(expected, KullbackLeibler.Estimate(estimator, Row(Chosen), Row(Reference)));

    [Fact]
    public void Straight_through_estimate_has_the_gradient_of_k2()
    {
        using var policy = Row(Chosen).requires_grad_();
        KullbackLeibler.Estimate(KlEstimator.K3StraightThrough, policy, Row(Reference)).sum().backward();
        Near([.2, .1, .2], policy.grad ?? zeros(3));
    }

    [Fact]
    public void C11_clipped_surrogate_and_dual_clip()
    {
        var batch = Batch([-.1, -.8, -.3], Chosen, [1, -2, .5]);
        Near([1.105171, .740818, 1], batch.LogRatio.exp());
        Near([-1.105171, 1.6, -.5], new PpoObjective().TokenLosses(batch, new Recorded()));
        var far = Batch([-.1, -.8, 1.2], [-.2, -.5, -.3], [1, -2, -1]);
        Near(4.481689, Value(far.LogRatio.exp()[0, 2]));
        Near(3.0, Value(new PpoObjective { DualClip = 3 }.TokenLosses(far, new Recorded())[0, 2]));
        Near(4.481689, Value(new PpoObjective().TokenLosses(far, new Recorded())[0, 2]));
    }

    [Fact]
    public void Share_of_clipped_tokens_is_measured()
    {
        var metrics = new Recorded();
        new PpoObjective().TokenLosses(Batch([-.1, -.8, -.3], Chosen, [1, -2, .5]), metrics);
        Near(1 / 3.0, metrics.Last["policy/clip_fraction"]);
    }

    [Fact]
    public void C12_coefficient_adapts_by_at_most_a_fifth_of_its_horizon()
    {
        var coefficient = new AdaptiveKlCoefficient(.2, target: 6, horizon: 10_000);
        coefficient.Update(9, 256);
        Near(.201024, coefficient.Value);
        for (var i = 0; i < 100; i++) { coefficient.Update(0, 256); }
        Assert.True(coefficient.Value < .2);
    }

    [Fact]
    public void C13_value_loss_takes_the_larger_of_plain_and_clipped()
    {
        double[] old = [.5, .6, .7];
        double[] returns = [.5 + .441975, .6 + .3705, .7 + .29];
        var loss = ValueTerm.TokenLosses(Row(.9, .5, .7), Row(old), Row(returns), 0.2).mean();
        Near(.060670, Value(loss));
    }

    [Fact]
    public void C14_trust_region_step_on_a_three_way_softmax()
    {
        using var logits = zeros(3, ScalarType.Float64).requires_grad_();
        var old = logits.detach().log_softmax(0);
        var advantages = Row(1, 0, -1);
        var divergence = TrustRegion.Step([logits],
            () => (old.exp() * (logits.log_softmax(0) - old).exp() * advantages).sum(),
            () => KullbackLeibler.Exact(old, logits.log_softmax(0)));
        Near([.173205, 0, -.173205], logits);
        Near(.009975, divergence);
    }

    [Fact]
    public void Trust_region_step_that_cannot_improve_leaves_the_parameters_alone()
    {
        using var logits = Row(.1, .2, .3).requires_grad_();
        var old = logits.detach().log_softmax(0);
        var divergence = TrustRegion.Step([logits], () => -logits.square().sum() * 0 + old.sum(), () => KullbackLeibler.Exact(old, logits.log_softmax(0)));
        Assert.Equal(0, divergence);
        Near([.1, .2, .3], logits);
    }

    [Fact]
    public void C24_sequence_ratio_is_the_geometric_mean_of_the_tokens()
    {
        var batch = Batch([-.1, -.8, -.3], Chosen, [1, 1, 1]);
        Near([.935507], GspoObjective.SequenceRatios(batch));
        Near([-.935507, -.935507, -.935507], new GspoObjective { ClipLow = 1, ClipHigh = 1 }.TokenLosses(batch, new Recorded()));
        Near([-.935507, -.935507, -.935507], new GspoObjective().TokenLosses(batch, new Recorded()));
    }

    [Fact]
    public void C25_geometric_mean_clips_on_the_side_of_the_advantage_and_the_soft_gate()
    {
        double[] old = [-1, -1, -1];
        double[] ratios = [-.4, -1.7, -.9];
        Near([-.935507, -.935507, -.935507], new GmpoObjective().TokenLosses(Batch(ratios, old, [1, 1, 1]), new Recorded()));
        Near([1.105171, 1.105171, 1.105171], new GmpoObjective().TokenLosses(Batch(ratios, old, [-1, -1, -1]), new Recorded()));
        Near([-2.105074], new SapoObjective().TokenLosses(Batch([-.9], [-1], [1]), new Recorded()));
    }

    [Fact]
    public void Clipped_importance_weights_carry_no_gradient_of_their_own()
    {
        using var policy = Table([-.1, -.8]).requires_grad_();
        var batch = new PolicyBatch { LogProbabilities = policy, OldLogProbabilities = Table([-.6, -.5]), Advantages = Table([1.0, -2]), Mask = Mask([0.0, 0]) };
        new CispoObjective().TokenLosses(batch, new Recorded()).sum().backward();
        Near([-1.28, 2 * Math.Exp(-.3)], policy.grad ?? zeros(2));
    }

    [Fact]
    public void C26_overlong_responses_are_punished_softly()
    {
        var shaping = new OverlongShaping { MaximumTokens = 20, Buffer = 4 };
        Near([0, -.5, -1, -1], [.. new[] { 16, 18, 20, 25 }.Select(shaping.Reward)]);
    }

    [Theory]
    [InlineData(Reduction.TokenMean, 2.5)]
    [InlineData(Reduction.SequenceMeanTokenMean, 2)]
    [InlineData(Reduction.SequenceMeanTokenSum, 5)]
    [InlineData(Reduction.SequenceSumNorm, .625)]
    public void C27_reductions(Reduction reduction, double expected) =>
        Near(expected, Value(Reductions.Apply(reduction, Table([1.0], [2.0, 3, 4]), Mask([1.0], [2.0, 3, 4]), 8)));

    [Fact]
    public void Rows_without_tokens_are_dropped_and_an_empty_batch_is_zero_and_reported()
    {
        Near(2.5, Value(Reductions.Apply(Reduction.TokenMean, Table([1.0], [2.0, 3, 4], []), Mask([1.0], [2.0, 3, 4], []))));
        Near(2, Value(Reductions.Apply(Reduction.SequenceMeanTokenMean, Table([1.0], [2.0, 3, 4], []), Mask([1.0], [2.0, 3, 4], []))));
        var metrics = new Recorded();
        Near(0, Value(Reductions.Apply(Reduction.TokenMean, Table([double.NaN], [double.NaN]), Mask([1.0], [1.0]).logical_not(), 0, metrics)));
        Assert.Equal(1, metrics.Last["objective/empty_batch"]);
    }

    [Fact]
    public void C61_to_C63_outcome_step_and_learned_rewards_weigh_log_probabilities()
    {
        IPolicyObjective objective = new ReinforceObjective();
        double Loss(ICreditAssigner credit, double reward, double[]? steps = null)
        {
            var rewards = CreditBatch.Of([reward], [0], [3], steps);
            return Value(objective.Loss(Batch(Chosen, Chosen, credit.Assign(rewards, new Recorded()).Advantages), new Recorded()));
        }
        Near(1.0, Loss(new ReinforceCredit { Baseline = false }, 1));
        Near(.443, Loss(new ChainOfThoughtCredit { Gamma = .9, RewardToGo = false }, 0, [1, 0, 1]));
        Near(.6, Loss(new ReinforceCredit { Baseline = false }, .6));
    }

    public static TheoryData<string> Objectives => [.. ComponentRegistry.Keys<IPolicyObjective>()];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void C64_masked_observation_tokens_and_padding_change_no_loss(string key)
    {
        var objective = ComponentRegistry.Create<IPolicyObjective>(key);
        var plain = Batch([-.1, -.8, -.3], Chosen, [1, -2, .5]);
        var with = new PolicyBatch
        {
            LogProbabilities = Table([-.1, -7, -.8, -.3, double.NaN]),
            OldLogProbabilities = Table([-.2, -3, -.5, -.3, double.NaN]),
            Advantages = Table([1, 99, -2, .5, double.NaN]),
            Mask = tensor(new[] { true, false, true, true, false }, [1, 5]),
            MaximumTokens = 3,
        };
        Assert.Equal(Value(objective.Loss(plain, new Recorded())), Value(objective.Loss(with, new Recorded())));
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Gradient_is_that_of_the_loss_and_nothing_flows_into_what_is_fixed(string key)
    {
        var objective = ComponentRegistry.Create<IPolicyObjective>(key);
        // Inputs lie away from the kinks of the clips; CISPO's weight is a constant by definition, so its loss is compared at a fixed weight.
        double[][] current = [[-.15, -.55], [-.95, -.45, -.32]];
        double[][] old = [[-.2, -.5], [-1, -.5, -.3]];
        double[][] advantage = [[1.5, -.5], [.7, -1.2, .4]];
        using var policy = Table(current).nan_to_num(0).requires_grad_();
        using var behaviour = Table(old).nan_to_num(0).requires_grad_();
        using var weights = Table(advantage).nan_to_num(0).requires_grad_();
        Tensor Loss(Tensor l, Tensor l0) => objective.Loss(new PolicyBatch { LogProbabilities = l, OldLogProbabilities = l0, Advantages = weights, Mask = Mask(current) }, new Recorded());
        Loss(policy, behaviour).backward();
        Assert.True(behaviour.grad is null || Values(behaviour.grad).All(value => value == 0));
        Assert.True(weights.grad is null || Values(weights.grad).All(value => value == 0));
        if (key is "loss.cispo" or "loss.gspo") { return; }
        var gradient = Values(policy.grad ?? zeros(6));
        for (var i = 0; i < 6; i++)
        {
            const double h = 1e-5;
            var up = policy.detach().clone();
            var down = policy.detach().clone();
            up.view(-1)[i] += h;
            down.view(-1)[i] -= h;
            Near((Value(Loss(up, behaviour)) - Value(Loss(down, behaviour))) / (2 * h), gradient[i], 1e-6);
        }
    }

    [Fact]
    public void C76_hybrid_mixes_reinforcement_and_imitation()
    {
        Near(-.06, Value(HybridLoss.Mix(tensor(-.3, ScalarType.Float64), tensor(.9, ScalarType.Float64), .2)));
        Assert.Contains("0", Assert.Throws<UsageException>(() => HybridLoss.Mix(tensor(0.0), tensor(0.0), 1.5)).Message, StringComparison.Ordinal);
    }
}
