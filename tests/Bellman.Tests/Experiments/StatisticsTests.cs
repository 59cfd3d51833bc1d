using Bellman.Experiments;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Experiments;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    [InlineData(new double[] { 100, 1, 2, 3, 4 }, 3)] // floor(5 / 4) = 1 from each end: mean(2, 3, 4)
    [InlineData(new double[] { 0, 1, 2, 3, 4, 5, 6, 700 }, 3.5)] // 2 from each end: mean(2, 3, 4, 5)
    [InlineData(new double[] { 1, 2, 6 }, 3)] // nothing is cut below four values
    [InlineData(new double[] { 7 }, 7)]
    public void Interquartile_mean_cuts_a_quarter_from_each_end(double[] values, double expected) =>
        Assert.Equal(expected, Statistics.InterquartileMean(values), 12);

    [Theory]
    [InlineData(new double[] { 5, 1, 3 }, 3)]
    [InlineData(new double[] { 5, 1, 3, 100 }, 4)]
    public void Median_is_the_middle_value(double[] values, double expected) => Assert.Equal(expected, Statistics.Median(values));

    [Theory]
    [InlineData(Statistic.InterquartileMean)]
    [InlineData(Statistic.Mean)]
    [InlineData(Statistic.Median)]
    public void Nothing_is_dropped_in_silence(Statistic statistic)
    {
        Assert.Equal(double.NaN, Statistics.Of(statistic, [1, double.NaN, 2, 3, 4]));
        Assert.Equal(double.NaN, Statistics.Of(statistic, []));
        Assert.Equal(double.NaN, Statistics.BootstrapInterval([1, double.NaN], statistic).Low);
    }

    [Fact]
    public void Rank_correlation_gives_equal_values_their_mean_rank()
    {
        Assert.Equal(1, Statistics.RankCorrelation([1, 2, 3], [10, 100, double.PositiveInfinity]), 12);
        // Ranks (1, 2, 3.5, 3.5) and (2, 1, 3.5, 3.5): 1 - 6 * 2 / (4 * 15) corrected for ties is 3.5 / 4.5.
        Assert.Equal(3.5 / 4.5, Statistics.RankCorrelation([1, 2, double.PositiveInfinity, double.PositiveInfinity], [2, 1, double.PositiveInfinity, double.PositiveInfinity]), 12);
        Assert.True(double.IsNaN(Statistics.RankCorrelation([1, 1], [1, 2])));
    }

    [Fact]
    public void Percentiles_interpolate_between_neighbours()
    {
        // 2.5% of 40 steps is place 1; with 5 values it is place 0.1.
        var many = Statistics.PercentileInterval([.. Enumerable.Range(0, 41).Select(i => (double)i)]);
        Assert.Equal(1, many.Low, 12);
        Assert.Equal(39, many.High, 12);
        var five = Statistics.PercentileInterval([0, 10, 20, 30, 40]);
        Assert.Equal(1, five.Low, 12);
        Assert.Equal(39, five.High, 12);
        Assert.Equal(new Interval(0, double.PositiveInfinity), Statistics.PercentileInterval([0, 0, double.PositiveInfinity, double.PositiveInfinity]));
    }

    [Fact]
    public void Bootstrap_interval_of_two_values_is_known_exactly()
    {
        // Resamples of {0, 1} have means 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4: both tails exceed 2.5%.
        Assert.Equal(new Interval(0, 1), Statistics.BootstrapInterval([0, 1], Statistic.Mean));
        Assert.Equal(new Interval(3, 3), Statistics.BootstrapInterval([3]));
    }

    [Fact]
    public void Bootstrap_interval_matches_the_normal_approximation()
    {
        // 400 values, half 0 and half 1: the mean's standard error is 0.025.
        var values = Enumerable.Range(0, 400).Select(i => (double)(i % 2)).ToList();
        var interval = Statistics.BootstrapInterval(values, Statistic.Mean, resamples: 5000);
        Assert.InRange(interval.Low, 0.5 - 1.96 * 0.025 - 0.005, 0.5 - 1.96 * 0.025 + 0.005);
        Assert.InRange(interval.High, 0.5 + 1.96 * 0.025 - 0.005, 0.5 + 1.96 * 0.025 + 0.005);
    }

    [Fact]
    public void Bootstrap_interval_is_the_same_each_time() =>
        Assert.Equal(Statistics.BootstrapInterval([1, 5, 2, 8, 3, 9]), Statistics.BootstrapInterval([1, 5, 2, 8, 3, 9]));

    [Fact]
    public void Strata_are_resampled_apart()
    {
        // Each task is constant, so resampling within tasks cannot move the mean; resampling the pool would.
        Assert.Equal(new Interval(5, 5), Statistics.StratifiedBootstrapInterval([[0, 0, 0], [10, 10, 10]], Statistic.Mean));
        Assert.True(Statistics.BootstrapInterval([0, 0, 0, 10, 10, 10], Statistic.Mean).Low < 5);
    }

    [Fact]
    public void Probability_of_improvement_counts_ties_as_one_half()
    {
        // 9 pairs of {1, 2, 3} and {2, 2, 0}: 1 wins over 0; 2 ties twice and wins once; 3 wins thrice: (1 + 2 + 3) / 9.
        Assert.Equal(6.0 / 9, Statistics.ProbabilityOfImprovement([1, 2, 3], [2, 2, 0]), 12);
        Assert.Equal(3.0 / 9, Statistics.ProbabilityOfImprovement([1, 2, 3], [2, 2, 0], higherIsBetter: false), 12);
        Assert.Equal(new Interval(1, 1), Statistics.ProbabilityOfImprovementInterval([5, 6], [1, 2]));
    }

    [Fact]
    public void Probability_of_improvement_and_its_reverse_sum_to_one() =>
        Gen.Select(Gen.Int[0, 5].Array[1, 12], Gen.Int[0, 5].Array[1, 12]).Sample((a, b) =>
        {
            double[] x = [.. a], y = [.. b];
            Assert.Equal(1, Statistics.ProbabilityOfImprovement(x, y) + Statistics.ProbabilityOfImprovement(y, x), 12);
        });

    [Fact]
    public void Moving_average_trails() =>
        Assert.Equal([1, 1.5, 2.5, 3.5], Statistics.MovingAverage([1, 2, 3, 4], 2));
}
