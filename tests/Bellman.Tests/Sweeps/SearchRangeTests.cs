using Bellman.Algorithms;
using Bellman.Sweeps;
using Xunit;

namespace Bellman.Tests.Sweeps;

/// <summary>Ranges as they are written, and what is refused.</summary>
public sealed class SearchRangeTests
{
    private static readonly OptionSet Options = AlgorithmRegistry.Find("ppo").Options;

    [Fact]
    public void Logarithmic_range_spreads_over_the_orders_of_magnitude()
    {
        var draws = Draws("learningRate=log(1e-4,1e-2)", "learningRate").Select(double.Parse).ToList();
        Assert.All(draws, value => Assert.InRange(value, 1e-4, 1e-2));
        // Half of the draws below the geometric middle; a uniform range would have 9% there.
        Assert.InRange(draws.Count(value => value < 1e-3), 420, 580);
    }

    [Fact]
    public void Uniform_range_spreads_evenly()
    {
        var draws = Draws("gamma=uniform(0.9,0.999)", "gamma").Select(double.Parse).ToList();
        Assert.All(draws, value => Assert.InRange(value, 0.9, 0.999));
        Assert.InRange(draws.Average(), 0.945, 0.954);
    }

    [Fact]
    public void Options_of_whole_numbers_draw_whole_numbers()
    {
        var draws = Draws("rolloutSteps=log(32,512)", "rolloutSteps");
        Assert.All(draws, value => Assert.InRange(int.Parse(value), 32, 512));
        Assert.True(draws.Distinct().Count() > 50);
    }

    [Fact]
    public void Choices_may_be_lists()
    {
        var draws = Draws("hidden=[32,32]|[64,64]|128", "hidden");
        Assert.Equal(["128", "[32,32]", "[64,64]"], draws.Distinct().Order(StringComparer.Ordinal));
        Assert.All(draws.CountBy(value => value), pair => Assert.InRange(pair.Value, 270, 400));
    }

    [Fact]
    public void Draws_depend_on_the_seed_the_trial_and_the_option_alone()
    {
        var alone = new SearchSpace(Options, ["learningRate=log(1e-4,1e-2)"]);
        var beside = new SearchSpace(Options, ["gamma=0.9|0.99", "learning-rate=log(1e-4,1e-2)", "clip=0.3"]);
        for (var trial = 0; trial < 20; trial++) { Assert.Equal(alone.Draw(4, trial)["learningRate"], beside.Draw(4, trial)["learningRate"]); }
        Assert.NotEqual(alone.Draw(4, 0)["learningRate"], alone.Draw(5, 0)["learningRate"]);
        Assert.Equal(["gamma", "learningRate"], beside.Searched);
    }

    [Theory]
    [InlineData("learningRat=log(1e-4,1e-2)", "learningRate")]
    [InlineData("learningRate=lgo(1e-4,1e-2)", "log")]
    [InlineData("learningRate=log(1e-4,1e-2", "bracket")]
    [InlineData("learningRate=log(1e-4)", "two are needed")]
    [InlineData("learningRate=log(0,1e-2)", "above 0")]
    [InlineData("learningRate=log(1e-2,1e-4)", "not below")]
    [InlineData("gamma=uniform(a,1)", "'a' is not a number")]
    [InlineData("gamma=uniform(0.9,1.5)", "from 0 to 1")]
    [InlineData("gamma=0.9||0.99", "empty")]
    [InlineData("gamma=0.9|0.9", "twice")]
    [InlineData("gamma=0.9|uniform(0,1)", "within a choice")]
    [InlineData("gamma=0.9|2", "from 0 to 1")]
    [InlineData("gamma", "name=range")]
    public void Bad_ranges_are_refused_by_name(string assignment, string expected)
    {
        var error = Assert.Throws<UsageException>(() => new SearchSpace(Options, [assignment]));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_do_not_fit_together_are_refused_with_the_trial()
    {
        var space = new SearchSpace(Options, ["minibatches=7|11"]);
        Assert.Contains("Trial 3 (minibatches=", Assert.Throws<UsageException>(() => space.Draw(0, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("twice", Assert.Throws<UsageException>(() => new SearchSpace(Options, ["gamma=0.9", "Gamma=0.8"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Halving_trains_many_a_little_and_few_to_the_end()
    {
        Assert.Equal([new SweepRung(27, 1_000), new SweepRung(9, 3_000), new SweepRung(3, 9_000), new SweepRung(1, 27_000)], SuccessiveHalving.Rungs(27, 27_000, 3));
        Assert.Equal([new SweepRung(5, 500), new SweepRung(2, 1_000), new SweepRung(1, 2_000)], SuccessiveHalving.Rungs(5, 2_000, 2));
        Assert.Equal([new SweepRung(5, 2_000)], SuccessiveHalving.Rungs(5, 2_000, null));
        Assert.Equal([2, 0, 3], SuccessiveHalving.Best([new(0, 5), new(1, double.NaN), new(2, 7), new(3, 5)], 3));
    }

    private static List<string> Draws(string assignment, string option)
    {
        var range = new SearchSpace(Options, [assignment]).Ranges[option];
        var random = RandomStream.Create(3);
        return [.. Enumerable.Range(0, 1000).Select(trial => range.Draw(random.Child(option, trial)))];
    }
}
