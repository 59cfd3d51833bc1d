using Xunit;

namespace Bellman.Tests.Data;

public sealed class AliasTableTests
{
    [Fact]
    public void Indices_are_drawn_in_proportion_to_their_weights_and_never_without_one()
    {
        // Weights whose shares are not exact in binary, zeros first, last and between.
        double[] weights = [0, 0.1, 3, 0, 0.7, 1e-9, 0.2, 0];
        var table = new AliasTable(weights);
        var random = RandomStream.Create(3);
        const int Draws = 400_000;
        var counts = new int[weights.Length];
        for (var i = 0; i < Draws; i++) { counts[table.Draw(random)]++; }
        for (var i = 0; i < weights.Length; i++) { Assert.Equal(weights[i] / 4, counts[i] / (double)Draws, 0.004); }
        foreach (var impossible in (int[])[0, 3, 7]) { Assert.Equal(0, counts[impossible]); }
    }

    /// <summary>The rule for what is left over would raise an index of weight zero to certainty.</summary>
    [Fact]
    public void One_possible_index_among_impossible_ones_is_always_drawn()
    {
        var random = RandomStream.Create(4);
        foreach (var place in Enumerable.Range(0, 5))
        {
            var weights = new double[5];
            weights[place] = 1e-300;
            var table = new AliasTable(weights);
            for (var i = 0; i < 200; i++) { Assert.Equal(place, table.Draw(random)); }
        }
    }

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new[] { 0.0, 0 })]
    [InlineData(new[] { 1, -0.1 })]
    [InlineData(new[] { 1, double.NaN })]
    [InlineData(new[] { 1, double.PositiveInfinity })]
    public void Weights_that_are_none_are_refused(double[] weights) => Assert.Throws<ArgumentException>(() => new AliasTable(weights));

    [Fact]
    public void Sampler_is_for_the_rows_it_was_made_for()
    {
        var sampler = new AliasSampler([1, 2]);
        Assert.Throws<InvalidOperationException>(() => sampler.Sample(3, RandomStream.Create(1), new int[1], new float[1]));
        var (rows, weights) = (new int[4], new float[4]);
        sampler.Sample(2, RandomStream.Create(1), rows, weights);
        Assert.Equal([1, 1, 1, 1], weights);
    }
}
