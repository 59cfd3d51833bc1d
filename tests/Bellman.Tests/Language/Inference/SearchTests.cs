using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of inference-time search (C65 to C67, C77), and what the searches find.</summary>
public sealed class SearchTests
{
    [Fact]
    public void C65_rejection_sampling() =>
        Near([1, .367879, .135335], [.. new[] { 1, .5, 0 }.Select(reward => BestOfN.AcceptProbability(reward, 1, .5))]);

    [Fact]
    public void C66_divergence_of_best_of_n() => Near(.636294, BestOfN.DivergenceBound(4));

    [Fact]
    public void C67_pass_at_k()
    {
        Near(.533333, BestOfN.PassAtK(10, 3, 2));
        Near(1, BestOfN.PassAtK(10, 9, 2));
        Near(0, BestOfN.PassAtK(10, 0, 2));
        Assert.Throws<UsageException>(() => BestOfN.PassAtK(4, 1, 5));
    }

    [Fact]
    public void C77_puct() => Near(.835410, TreeSearch.Puct(.5, .3, 20, 4));

    [Fact]
    public void Votes_are_weighted_and_answers_that_could_not_be_read_do_not_vote()
    {
        Assert.Equal("7", BestOfN.WeightedVote(["7", "3", "3", null], [.9, .3, .3, 5]));
        Assert.Equal("3", BestOfN.WeightedVote(["7", "3", "3", null], [1, 1, 1, 1]));
        Assert.Null(BestOfN.WeightedVote([null], [1]));
        Assert.Equal(2, BestOfN.Choose([.1, double.NaN, .7, .7]));
        Assert.Equal(-1, BestOfN.Choose([double.NaN]));
    }

    /// <summary>
    /// Digits are proposed by chance; an answer is worth the share of a hidden code's digits that it begins with. Plain
    /// sampling finds the whole code once in 625 tries; both searches must find it most times.
    /// </summary>
    private sealed class Code : IStepSpace
    {
        private static readonly int[] Hidden = [3, 1, 4, 2];

        public IReadOnlyList<SearchState> Expand(SearchState state, int count, RandomStream random) =>
            [.. Enumerable.Range(0, count).Select(_ =>
            {
                int[] tokens = [.. state.Tokens, random.NextInt32(5)];
                var right = tokens.TakeWhile((token, i) => token == Hidden[i]).Count();
                return new SearchState(tokens, right / 4.0, tokens.Length == 4);
            })];
    }

    [Fact]
    public void Beam_search_with_a_step_verifier_finds_what_single_samples_miss()
    {
        var found = Enumerable.Range(0, 20).Count(seed => StepBeamSearch.Run(new Code(), 3, 16, 4, RandomStream.Create((ulong)seed)).Score == 1);
        Assert.True(found >= 14, $"{found} of 20");
        // One beam, one continuation is plain sampling: one in 625.
        Assert.Equal(0, Enumerable.Range(0, 20).Count(seed => StepBeamSearch.Run(new Code(), 1, 1, 4, RandomStream.Create((ulong)seed)).Score == 1));
    }

    [Fact]
    public void Tree_search_finds_it_too_and_more_simulations_find_more()
    {
        int Found(int simulations) => Enumerable.Range(0, 20).Count(seed => TreeSearch.Run(new Code(), simulations, 8, RandomStream.Create((ulong)seed)).Score == 1);
        Assert.True(Found(200) >= 12, $"{Found(200)} of 20");
        Assert.True(Found(200) > Found(10));
    }
}
