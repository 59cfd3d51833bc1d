using Bellman.Algorithms;
using Xunit;

namespace Bellman.Tests.Algorithms.Evolution;

/// <summary>The definitions, by numbers that can be computed by hand.</summary>
public sealed class EvolutionNumbersTests
{
    [Fact]
    public void Centred_ranks_are_over_all_returns_together()
    {
        var ranks = new double[4];
        OpenAiEs.CentredRanks([3, 1, 2, 5], ranks);
        AssertClose([1 / 6.0, -0.5, -1 / 6.0, 0.5], ranks, 1e-12);
    }

    [Fact]
    public void Equal_returns_keep_their_order_in_the_ranks()
    {
        var ranks = new double[3];
        OpenAiEs.CentredRanks([1, 0, 1], ranks);
        AssertClose([0, -0.5, 0.5], ranks, 1e-12);
    }

    [Fact]
    public void Gradient_of_mirrored_pairs_is_weighted_by_their_difference()
    {
        var shaped = new double[4];
        OpenAiEs.CentredRanks([3, 1, 2, 5], shaped);
        var gradient = new double[2];
        OpenAiEs.Gradient(shaped, [1, 0, 0, 1], 0.1, gradient);
        AssertClose([1.666667, -1.666667], gradient, 1e-6);
    }

    [Fact]
    public void Constants_of_five_numbers()
    {
        var constants = new CmaEsConstants(5);
        Assert.Equal(8, constants.Population);
        AssertClose([0.529930, 0.285714, 0.142857, 0.041498], constants.Weights, 1e-6);
        AssertClose([2.600179, 0.365088, 1.365088, 0.450200, 0.047292, 0.038169, 2.128524],
            [constants.Effective, constants.StepDecay, constants.StepDamping, constants.PathDecay, constants.RankOne, constants.RankMu, constants.ExpectedNorm], 1e-6);
    }

    [Fact]
    public void One_generation_moves_mean_paths_step_size_and_covariance()
    {
        var search = new CmaEs([0, 0], 0.5, seed: 1, population: 4);
        search.Update([1, 0, 0, 1]);
        AssertClose([0.402081, 0.097919], search.Mean, 1e-6);
        AssertClose([0.783743, 0.190864], search.StepPath, 1e-6);
        Assert.Equal(0.450798, search.Deviation, 1e-6);
        AssertClose([0.967211, 0.032245, 0.032245, 0.832566], search.Covariance, 1e-6);
    }

    [Fact]
    public void Told_values_choose_the_same_steps_as_an_update_by_hand()
    {
        var (told, byHand) = (new CmaEs([0, 0, 0], 0.5, seed: 3), new CmaEs([0, 0, 0], 0.5, seed: 3));
        var points = Enumerable.Range(0, told.Population).Select(i =>
        {
            var point = new double[3];
            told.Candidate(i, point);
            return point;
        }).ToList();
        var values = points.Select(point => point.Sum(x => (x - 1) * (x - 1))).ToArray();
        values[2] = double.NaN;
        told.Tell(values);
        var best = Enumerable.Range(0, values.Length).Where(i => i != 2).OrderBy(i => values[i]).Take(told.Population / 2);
        byHand.Update([.. best.SelectMany(i => points[i].Select(x => x / 0.5))]);
        AssertClose(byHand.Mean, told.Mean, 1e-12);
        AssertClose(byHand.Covariance, told.Covariance, 1e-12);
    }

    internal static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) { Assert.Equal(expected[i], actual[i], tolerance); }
    }
}
