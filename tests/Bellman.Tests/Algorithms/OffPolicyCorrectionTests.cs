using Bellman.Algorithms;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>Numbers of the foundations' fixture: r = (1, 0, 2), V = (.5, .4, .3, .6), gamma .9.</summary>
public sealed class OffPolicyCorrectionTests
{
    private static readonly double[] Rewards = [1, 0, 2];
    private static readonly double[] Values = [0.5, 0.4, 0.3, 0.6];
    private static readonly double[] Discounts = [0.9, 0.9, 0.9];

    [Fact]
    public void F6_V_trace_targets_and_advantages()
    {
        var (targets, advantages) = VTrace([1.5, 0.5, 1], 1);
        Assert.Equal([2.2087, 1.343, 2.54], targets, Near);
        Assert.Equal([1.7087, 0.943, 2.24], advantages, Near);
    }

    [Fact]
    public void On_policy_v_trace_is_the_lambda_return()
    {
        Gen.Double[0, 1].Sample(lambda =>
        {
            var expected = new double[3];
            AdvantageEstimation.Lambda(Rewards, Values, 0.9, lambda, expected);
            Assert.Equal(expected, VTrace([1, 1, 1], lambda).Targets, Near);
        });
    }

    [Fact]
    public void A_terminal_step_ends_the_trace_and_the_bootstrap()
    {
        var (targets, advantages) = (new double[3], new double[3]);
        OffPolicyCorrection.VTrace(Rewards, Values, [1, 1, 1], [0.9, 0, 0.9], 1, 1, 1, targets, advantages);
        Assert.Equal([1, 0, 2.54], targets, Near);
        Assert.Equal([0.5, -0.4, 2.24], advantages, Near);
    }

    [Fact]
    public void F7_Retrace_and_tree_backup()
    {
        // pi = (.6, .4); Q(s1) = (.4, .6), Q(s2) = (.3, .5), Q(s3) = (.7, .1); a1 = 1 (mu .5), a2 = 0 (mu .8)
        double[] expected = [0.6 * 0.4 + 0.4 * 0.6, 0.6 * 0.3 + 0.4 * 0.5, 0.6 * 0.7 + 0.4 * 0.1], taken = [0.6, 0.3];
        var returns = new double[3];
        double[] retrace = [OffPolicyCorrection.RetraceCoefficient(0.4, 0.5, 0.9), OffPolicyCorrection.RetraceCoefficient(0.6, 0.8, 0.9)];
        OffPolicyCorrection.Retrace(Rewards, expected, taken, retrace, Discounts, returns);
        Assert.Equal([2.097013, 1.626255, 2.414], returns, Near);
        OffPolicyCorrection.Retrace(Rewards, expected, taken, [0.4, 0.6], Discounts, returns);
        Assert.Equal([1.750082, 1.48356, 2.414], returns, Near);
        Assert.Equal(0.9, OffPolicyCorrection.RetraceCoefficient(0.9, 0.1, 0.9));
    }

    private static (double[] Targets, double[] Advantages) VTrace(double[] ratios, double lambda)
    {
        var (targets, advantages) = (new double[3], new double[3]);
        OffPolicyCorrection.VTrace(Rewards, Values, ratios, Discounts, lambda, 1, 1, targets, advantages);
        return (targets, advantages);
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-6;
}
