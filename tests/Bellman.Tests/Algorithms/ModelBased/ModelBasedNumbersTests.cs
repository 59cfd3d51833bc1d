using Bellman.Algorithms;
using Xunit;

namespace Bellman.Tests.Algorithms.ModelBased;

public sealed class ModelBasedNumbersTests
{
    [Fact] // F36
    public void Member_loss_is_the_squared_error_in_units_of_the_variance_plus_its_logarithm() =>
        Assert.Equal(-0.755355, EnsembleLoss.Member(0.5, -1, 0.8).Loss, 1e-6);

    [Fact] // F36
    public void Log_variance_is_clamped_softly_from_above_then_from_below()
    {
        Assert.Equal(0.298586722, EnsembleLoss.Clamp(2, 0.5, -1000).Value, 1e-9);
        Assert.Equal(0.298620402, EnsembleLoss.Clamp(2, 0.5, -10).Value, 1e-9);
        Assert.Equal(1.040461, EnsembleLoss.Member(0, EnsembleLoss.Clamp(2, 0.5, -10).Value, 1).Loss, 1e-6);
    }

    [Theory, InlineData(2, 0.5, -10), InlineData(-3, 0.5, -2), InlineData(0, 0.1, -0.1)]
    public void Derivatives_are_the_slopes(double raw, double maximum, double minimum)
    {
        const double h = 1e-5;
        var clamped = EnsembleLoss.Clamp(raw, maximum, minimum);
        double Slope(Func<double, double> at) => (at(h) - at(-h)) / (2 * h);
        Assert.Equal(Slope(by => EnsembleLoss.Clamp(raw + by, maximum, minimum).Value), clamped.ByRaw, 1e-8);
        Assert.Equal(Slope(by => EnsembleLoss.Clamp(raw, maximum + by, minimum).Value), clamped.ByMaximum, 1e-8);
        Assert.Equal(Slope(by => EnsembleLoss.Clamp(raw, maximum, minimum + by).Value), clamped.ByMinimum, 1e-8);
        var member = EnsembleLoss.Member(0.3, raw, -0.4);
        Assert.Equal(Slope(by => EnsembleLoss.Member(0.3 + by, raw, -0.4).Loss), member.ByMean, 1e-6);
        Assert.Equal(Slope(by => EnsembleLoss.Member(0.3, raw + by, -0.4).Loss), member.ByLogVariance, 1e-6);
    }

    [Fact] // F37
    public void Penalty_is_the_largest_deviation_or_the_largest_disagreement()
    {
        Assert.Equal(0.331662, EnsembleLoss.LargestDeviation([0.1f, 0.2f, 0.05f, 0.3f, 0.1f, 0.1f], 2), 1e-6);
        Assert.Equal(0.834169, 1 - 0.5 * EnsembleLoss.LargestDeviation([0.1f, 0.2f, 0.05f, 0.3f, 0.1f, 0.1f], 2), 1e-6);
        Assert.Equal(0.343188, EnsembleLoss.Disagreement([1, 2, 1.2f, 1.7f, 0.9f, 2.3f], 3), 1e-6);
    }

    [Theory] // F38
    [InlineData(60, 5), InlineData(0, 1), InlineData(20, 1), InlineData(149, 14), InlineData(150, 15), InlineData(400, 15)]
    public void Rollouts_grow_linearly_and_are_whole(double epoch, int expected) => Assert.Equal(expected, RolloutPlan.Horizon(epoch, 20, 150, 1, 15));

    [Fact]
    public void Inputs_are_scaled_and_limited_and_constant_ones_are_only_centred()
    {
        var scaler = new InputScaler(2);
        scaler.Fit([0.75f, 3, 1.25f, 3]);
        var scaled = new float[2];
        scaler.Scale([5, 4], scaled);
        Assert.Equal([10f, 1f], scaled);
        scaler.Scale([1.25f, 3], scaled);
        Assert.Equal([1f, 0f], scaled);
    }

    [Fact]
    public void Terminal_functions_are_strict_at_their_bounds()
    {
        Assert.True(TerminalFunctions.Walker2d([0.8f, 0, 0]));
        Assert.False(TerminalFunctions.Walker2d([0.81f, 0, 0]));
        Assert.True(TerminalFunctions.Walker2d([2, 0]));
        Assert.True(TerminalFunctions.Walker2d([1, 1]));
        Assert.False(TerminalFunctions.Hopper([0.71f, 0.19f, 99]));
        Assert.True(TerminalFunctions.Hopper([0.7f, 0, 0]));
        Assert.True(TerminalFunctions.Hopper([1, -0.2f, 0]));
        Assert.True(TerminalFunctions.Hopper([1, 0, -100]));
        Assert.True(TerminalFunctions.Hopper([float.NaN, 0, 0]));
        Assert.False(TerminalFunctions.Find("auto", "HalfCheetah-v5")([float.NaN]));
        Assert.True(TerminalFunctions.Find("auto", "MountainCarContinuous-v0")([0.45f, 0]));
        Assert.False(TerminalFunctions.Find("auto", "MountainCarContinuous-v0")([0.45f, -0.01f]));
    }

    [Fact]
    public void Unknown_terminal_functions_are_refused_with_what_is_valid()
    {
        string Refused(string name, string environment) => Assert.Throws<UsageException>(() => TerminalFunctions.Find(name, environment)).Message;
        var message = Refused("auto", "MyRobot-v0");
        Assert.Contains("No terminal function is known for environment MyRobot-v0", message, StringComparison.Ordinal);
        Assert.Contains("--set terminal=NAME (never, hopper, walker2d, invertedPendulum, mountainCar", message, StringComparison.Ordinal);
        Assert.Contains("auto, never, hopper, walker2d, invertedPendulum, mountainCar", Refused("hoper", "Hopper-v4"), StringComparison.Ordinal);
    }

    [Fact]
    public void Aggregates_and_their_slopes()
    {
        float[] values = [10, 8, 9], slopes = new float[3];
        Assert.Equal(8, TargetAggregators.Minimum.Combine(values, slopes));
        Assert.Equal([0, 1, 0], slopes);
        Assert.Equal(9, TargetAggregators.MinimumOfTwo.Combine([10, 9, 8], slopes));
        Assert.Equal([0, 1, 0], slopes);
        Assert.Equal(9 - 2 * Math.Sqrt(2.0 / 3), TargetAggregators.LowerBound(2).Combine(values, slopes), 1e-6);
        for (var j = 0; j < 3; j++)
        {
            float[] up = [.. values], down = [.. values];
            (up[j], down[j]) = (up[j] + 0.01f, down[j] - 0.01f);
            var slope = (TargetAggregators.LowerBound(2).Combine(up, []) - TargetAggregators.LowerBound(2).Combine(down, [])) / 0.02;
            Assert.Equal(slope, slopes[j], 1e-3);
        }
        // r = 1, gamma 0.99, alpha 0.1, log pi -1.5
        double Target(bool done) => ActorCriticLoss.Target(1, done ? 0 : 0.99, SacLoss.SoftValue(TargetAggregators.Minimum.Combine(values, []), 0.1, -1.5));
        Assert.Equal(9.0685, Target(done: false), 1e-9);
        Assert.Equal(1, Target(done: true));
    }

    [Fact]
    public void Distinct_rows_are_distinct_and_each_as_likely()
    {
        var sampler = new DistinctSampler();
        var random = RandomStream.Create(3);
        var counts = new int[7];
        var rows = new int[4];
        for (var i = 0; i < 7_000; i++)
        {
            sampler.Draw(7, random, rows);
            Assert.Equal(4, rows.Distinct().Count());
            foreach (var row in rows) { counts[row]++; }
        }
        Assert.All(counts, count => Assert.InRange(count, 3_850, 4_150));
        var all = new int[9];
        sampler.Draw(4, random, all);
        Assert.Equal([0, 1, 2, 3], all[..4].Order());
        Assert.Equal([0, 1, 2, 3], all[4..8].Order());
    }
}
