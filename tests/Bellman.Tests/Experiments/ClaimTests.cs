using Bellman.Experiments;
using Xunit;

namespace Bellman.Tests.Experiments;

public sealed class ClaimTests
{
    private static readonly Dictionary<string, double[]> Table = new()
    {
        ["steady"] = [3, 3, 3, 3],
        ["noisy"] = [0, 6, 0, 6],
        ["shifted"] = [2, 8, 2, 8], // noisy + 2, seed by seed
        ["double"] = [6, 6, 6, 6],
        ["zero"] = [0, 0, 0, 0],
        ["broken"] = [1, double.NaN, 1, 1],
        ["nearly"] = [0.98, 0.98, 0.98, 0.98],
        ["one"] = [1, 1, 1, 1],
    };

    [Fact]
    public void A_bound_on_the_threshold_holds()
    {
        Assert.Equal(VerdictStatus.Holds, Decide(Claim.AtLeast("edge", "steady", "m", 3)).Status);
        Assert.Equal(VerdictStatus.Holds, Decide(Claim.AtMost("edge", "steady", "m", 3)).Status);
        Assert.Equal(VerdictStatus.Fails, Decide(Claim.AtLeast("above", "steady", "m", 3.001)).Status);
        Assert.Equal(VerdictStatus.Fails, Decide(Claim.AtMost("below", "steady", "m", 2.999)).Status);
    }

    [Fact]
    public void Binary_rounding_does_not_decide_a_claim_on_the_edge() =>
        Assert.Equal(VerdictStatus.Holds, Decide(Claim.Difference("edge", "nearly", "one", "m", -0.02)).Status);

    [Fact]
    public void The_interval_decides_and_not_the_value()
    {
        var verdict = Decide(Claim.AtLeast("mean of noisy", "noisy", "m", 2, Statistic.Mean));
        Assert.Equal(3, verdict.Value);
        Assert.True(verdict.Interval.Low < 2);
        Assert.Equal(VerdictStatus.Fails, verdict.Status);
    }

    [Fact]
    public void A_difference_is_paired_by_seed()
    {
        // Unpaired, the interval of two such noisy arms would be far wider than [2, 2].
        var verdict = Decide(Claim.Difference("paired", "shifted", "noisy", "m", 2));
        Assert.Equal(new Interval(2, 2), verdict.Interval);
        Assert.Equal(VerdictStatus.Holds, verdict.Status);
    }

    [Fact]
    public void A_ratio_divides_the_statistics()
    {
        Assert.Equal(2, Decide(Claim.Ratio("twice", "double", "steady", "m", 2)).Value);
        Assert.Equal(VerdictStatus.Fails, Decide(Claim.Ratio("more", "double", "steady", "m", 2.1)).Status);
    }

    [Fact]
    public void Every_counts_seeds()
    {
        Assert.Equal(VerdictStatus.Holds, Decide(Claim.Every("all three", "steady", "m", value => value == 3, "= 3")).Status);
        var half = Decide(Claim.Every("some six", "noisy", "m", value => value == 6, "= 6"));
        Assert.Equal((0.5, VerdictStatus.Fails), (half.Value, half.Status));
        Assert.Equal(VerdictStatus.Holds, Decide(Claim.Every("half six", "noisy", "m", value => value == 6, "= 6", share: 0.5)).Status);
        Assert.Equal(VerdictStatus.Fails, Decide(Claim.Every("finite", "broken", "m", double.IsFinite, "finite")).Status);
    }

    [Fact]
    public void A_combined_claim_gets_the_statistics_in_order()
    {
        var claim = Claim.Combined("share of the range", [new("double", "m"), new("steady", "m"), new("zero", "m")],
            values => (values[0] - values[1]) / (values[0] - values[2]), 0.5);
        Assert.Equal((0.5, VerdictStatus.Holds), (Decide(claim).Value, Decide(claim).Status));
    }

    [Fact]
    public void A_value_that_is_not_a_number_fails_a_gate_and_says_where()
    {
        var verdict = Decide(Claim.AtMost("nan", "broken", "m", 100));
        Assert.Equal(VerdictStatus.Fails, verdict.Status);
        Assert.Contains("m of broken is not a number", verdict.Note, StringComparison.Ordinal);
        Assert.Equal(VerdictStatus.Fails, Decide(Claim.Ratio("0 / 0", "zero", "zero", "m", 0)).Status);
    }

    [Fact]
    public void Report_only_never_fails()
    {
        Assert.Equal(VerdictStatus.Reported, Decide(Claim.AtLeast("low", "steady", "m", 100).ReportOnly()).Status);
        Assert.Equal(VerdictStatus.Reported, Decide(Claim.AtLeast("nan", "broken", "m", 0).ReportOnly()).Status);
    }

    [Fact]
    public void Missing_cells_leave_a_claim_undecided() =>
        Assert.Equal(VerdictStatus.Incomplete, Claim.AtLeast("missing", "steady", "m", 0).Decide(_ => null).Status);

    private static Verdict Decide(Claim claim) => claim.Decide(term => Table[term.Arm]);
}
