using Bellman.Tests.Environments;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Data;

public sealed class SumTreeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(300)]
    [InlineData(5_000)]
    public void Points_find_the_row_they_lie_in_as_a_walk_along_all_rows_does(int capacity) =>
        Gen.Select(Gen.ULong, Gen.Int[0, 3]).Sample((seed, zeros) =>
        {
            var random = RandomStream.Create(seed);
            var (tree, numbers) = (new SumTree(capacity, trackMinimum: true), new float[capacity]);
            // Eighths add exactly, so both walks agree to the last row; some rows are zero and never found.
            for (var i = 0; i < capacity; i++) { numbers[i] = random.NextInt32(4) < zeros ? 0 : random.NextInt32(40) / 8f; }
            numbers[random.NextInt32(capacity)] = 1;
            for (var i = 0; i < capacity; i++) { tree.Set(i, numbers[i]); }
            Assert.Equal(numbers.Sum(number => (double)number), tree.Total);
            Assert.Equal(numbers.Where(number => number > 0).Min(), tree.Minimum);
            var points = Enumerable.Range(0, 50).Select(_ => random.NextDouble() * tree.Total).ToArray();
            var rows = new int[points.Length];
            tree.Find(points.ToArray(), rows);
            Assert.Equal(points.Select(point => Walk(numbers, point)), rows);
        }, iter: 30, threads: 1);

    [Fact]
    public void A_batch_sets_what_single_rows_set_and_the_later_of_two_stays()
    {
        var random = RandomStream.Create(3);
        var (together, alone) = (new SumTree(1000, trackMinimum: true), new SumTree(1000, trackMinimum: true));
        for (var round = 0; round < 20; round++)
        {
            var rows = Enumerable.Range(0, 64).Select(_ => random.NextInt32(1000)).ToArray();
            var values = rows.Select(_ => random.NextSingle()).ToArray();
            together.Set(rows, values);
            for (var i = 0; i < rows.Length; i++) { alone.Set(rows[i], values[i]); }
            Assert.Equal(alone.Total, together.Total);
            Assert.Equal(alone.Minimum, together.Minimum);
        }
        together.Set([5, 5], [1, 2]);
        Assert.Equal(2, together[5]);
    }

    [Fact]
    public void A_row_of_zero_is_never_found_even_at_the_very_end()
    {
        var tree = new SumTree(40);
        tree.Set(3, 0.1f);
        tree.Set(20, 0.2f);
        var rows = new int[3];
        tree.Find([0, tree.Total, 2 * tree.Total], rows);
        Assert.Equal([3, 20, 20], rows);
    }

    [Fact]
    public void A_restored_tree_has_the_same_sums_bit_for_bit()
    {
        var random = RandomStream.Create(4);
        var (tree, copy) = (new SumTree(700), new SumTree(700));
        for (var i = 0; i < 2000; i++) { tree.Set(random.NextInt32(400), random.NextSingle()); }
        for (var i = 0; i < 700; i++) { copy.Set(i, 9); }
        MemoryState.Save(tree).Load(copy);
        Assert.Equal(tree.Total, copy.Total);
        double[] points = [.. Enumerable.Range(0, 100).Select(i => tree.Total * i / 100)];
        int[] rows = new int[100], restored = new int[100];
        tree.Find(points.ToArray(), rows);
        copy.Find(points, restored);
        Assert.Equal(rows, restored);
        Assert.Contains("bufferSize", Assert.Throws<BellmanException>(() => MemoryState.Save(tree).Load(new SumTree(100))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_cannot_be_drawn_by_are_refused()
    {
        var tree = new SumTree(10);
        Assert.Contains("-1", Assert.Throws<ArgumentOutOfRangeException>(() => tree.Set(2, -1)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Set(2, float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Set(2, float.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Set(10, 1));
        Assert.Equal(0, tree.Total);
        Assert.Throws<InvalidOperationException>(() => tree.Find([0], new int[1]));
        Assert.Throws<InvalidOperationException>(() => tree.Minimum);
    }

    private static int Walk(float[] numbers, double point)
    {
        var row = 0;
        for (; point >= numbers[row]; row++) { point -= numbers[row]; }
        return row;
    }
}
