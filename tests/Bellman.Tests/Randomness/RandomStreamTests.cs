using Bellman.Tests.Environments;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Randomness;

public class RandomStreamTests
{
    [Theory] // Known answers that Salmon et al. publish with Random123 for philox4x32-10.
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal((r0, r1, r2, r3), RandomStream.Philox(c0, c1, c2, c3, k0, k1));

    [Theory]
    [InlineData(0, 200)]
    [InlineData(3, 64)]
    [InlineData(1, 33)]
    [InlineData(2, 5)]
    public void Words_drawn_in_bulk_are_those_drawn_one_by_one(int before, int count)
    {
        var (bulk, single) = (RandomStream.Create(9, "words"), RandomStream.Create(9, "words"));
        for (var i = 0; i < before; i++) { Assert.Equal(single.NextUInt32(), bulk.NextUInt32()); }
        var words = new uint[count];
        bulk.Fill(words);
        Assert.Equal(Enumerable.Range(0, count).Select(_ => single.NextUInt32()), words);
        Assert.Equal(single.NextDouble(), bulk.NextDouble());
    }

    [Fact]
    public void A_child_does_not_depend_on_what_its_parent_drew()
    {
        var (fresh, used) = (RandomStream.Create(7), RandomStream.Create(7));
        for (var i = 0; i < 13; i++) { used.NextUInt32(); }
        Assert.Equal(Draw(fresh.Child("environment", 3)), Draw(used.Child("environment", 3)));
    }

    [Fact]
    public void Children_of_different_names_numbers_and_seeds_differ()
    {
        var root = RandomStream.Create(7);
        RandomStream[] streams = [root, root.Child("a"), root.Child("b"), root.Child("a", 1), root.Child("a").Child("a"), RandomStream.Create(8), RandomStream.Create(7, "other")];
        Assert.Equal(streams.Length, streams.Select(stream => string.Join(' ', Draw(stream))).Distinct().Count());
    }

    [Fact]
    public void Siblings_are_uncorrelated()
    {
        var root = RandomStream.Create(1);
        var (first, second) = (root.Child("environment", 0), root.Child("environment", 1));
        const int Count = 20_000;
        var product = Enumerable.Range(0, Count).Average(_ => (first.NextDouble() - .5) * (second.NextDouble() - .5));
        Assert.InRange(product, -4.0 / 12 / Math.Sqrt(Count), 4.0 / 12 / Math.Sqrt(Count));
    }

    [Fact]
    public void A_stream_restored_at_any_position_goes_on_the_same() => Gen.Select(Gen.ULong, Gen.Int[0, 50]).Sample((seed, position) =>
    {
        var original = RandomStream.Create(seed);
        for (var i = 0; i < position; i++) { original.NextUInt32(); }
        var state = MemoryState.Save(original);
        var copy = RandomStream.Create(seed + 1);
        copy.NextUInt32();
        state.Load(copy);
        Assert.Equal(Draw(original), Draw(copy));
        Assert.Equal(Draw(original.Child("x")), Draw(copy.Child("x")));
    }, iter: 100);

    [Fact]
    public void Integers_are_in_range_and_equally_likely()
    {
        var (random, counts) = (RandomStream.Create(2), new int[7]);
        for (var i = 0; i < 70_000; i++) { counts[random.NextInt32(7)]++; }
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
        Assert.Equal(0, random.NextInt32(1));
        Assert.InRange(random.NextInt32(int.MaxValue), 0, int.MaxValue - 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt32(0));
    }

    [Fact]
    public void Uniform_and_normal_draws_have_their_moments()
    {
        var random = RandomStream.Create(3);
        var (uniform, normal) = (new RunningMoments(1), new RunningMoments(1));
        for (var i = 0; i < 40_000; i++)
        {
            var (number, single) = (random.NextDouble(), random.NextSingle());
            Assert.True(number is >= 0 and < 1 && single is >= 0 and < 1);
            uniform.Update(random.NextUniform(-1, 3));
            normal.Update(random.NextGaussian());
        }
        Play.Near(1, uniform.Mean[0], .025);
        Play.Near(16.0 / 12, uniform.Variance(0), .03);
        Play.Near(0, normal.Mean[0], .02);
        Play.Near(1, normal.Variance(0), .03);
    }

    [Fact]
    public void Normal_draws_in_blocks_have_their_moments_and_are_independent_of_each_other()
    {
        var values = new float[60_001];
        RandomStream.Create(3).NextGaussians(values);
        var (all, products, beyondTwo) = (new RunningMoments(1), new RunningMoments(1), values.Count(value => Math.Abs(value) > 2));
        for (var i = 0; i < values.Length; i++)
        {
            all.Update(values[i]);
            // The two of a pair share their radius.
            if (i % 2 == 1) { products.Update(values[i] * values[i - 1]); }
        }
        Play.Near(0, all.Mean[0], .02);
        Play.Near(1, all.Variance(0), .03);
        Play.Near(0, products.Mean[0], .02);
        Assert.InRange(beyondTwo / 60_001.0, 0.0425, 0.0485);
        var again = new float[60_001];
        RandomStream.Create(3).NextGaussians(again);
        Assert.Equal(values, again);
    }

    [Fact]
    public void Categorical_draws_follow_their_weights()
    {
        var (random, counts) = (RandomStream.Create(4), new int[4]);
        for (var i = 0; i < 40_000; i++) { counts[random.NextCategorical([1, 0, 2, 1])]++; }
        Assert.Equal(0, counts[1]);
        Assert.InRange(counts[2], 19_500, 20_500);
        Assert.Throws<ArgumentException>(() => random.NextCategorical([0, 0]));
        Assert.Throws<ArgumentException>(() => random.NextCategorical([1, double.NaN]));
    }

    [Fact]
    public void A_shuffle_keeps_the_items_and_reaches_every_order()
    {
        var random = RandomStream.Create(5);
        var orders = new HashSet<string>();
        for (var i = 0; i < 300; i++)
        {
            int[] items = [1, 2, 3, 4];
            random.Shuffle<int>(items);
            Assert.Equal([1, 2, 3, 4], items.Order());
            orders.Add(string.Concat(items));
        }
        Assert.Equal(24, orders.Count);
    }

    private static uint[] Draw(RandomStream stream) => Enumerable.Range(0, 9).Select(_ => stream.NextUInt32()).ToArray();

    [Fact]
    public void Dirichlet_draws_sum_to_one_and_have_the_means_and_variances_of_their_concentrations()
    {
        var random = RandomStream.Create(11);
        double[] concentrations = [0.3, 1.2, 2.5];
        var draw = new double[3];
        var (mean, square) = (new double[3], new double[3]);
        const int Draws = 40_000;
        for (var i = 0; i < Draws; i++)
        {
            random.NextDirichlet(concentrations, draw);
            Assert.Equal(1, draw.Sum(), 12);
            for (var j = 0; j < 3; j++) { (mean[j], square[j]) = (mean[j] + draw[j] / Draws, square[j] + draw[j] * draw[j] / Draws); }
        }
        for (var j = 0; j < 3; j++)
        {
            var expected = concentrations[j] / 4;
            Assert.Equal(expected, mean[j], 0.005);
            Assert.Equal(expected * (1 - expected) / 5, square[j] - mean[j] * mean[j], 0.003);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextGamma(0));
    }
}
