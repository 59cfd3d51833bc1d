using CsCheck;
using Xunit;

namespace Bellman.Tests.Numerics;

public class RunningMomentsTests
{
    [Fact]
    public void Merging_batches_gives_the_mean_and_population_variance_of_all()
    {
        var moments = new RunningMoments(1);
        moments.Update([1f, 2f, 3f]);
        moments.Update([5f]);
        Assert.Equal(4, moments.Count);
        Assert.Equal(2.75, moments.Mean[0], 12);
        Assert.Equal(2.1875, moments.Variance(0), 12);
    }

    [Fact] // F61
    public void Normalizing_centres_scales_and_clips()
    {
        var moments = new RunningMoments(1);
        moments.Update([0f, 4f]); // Mean 2, variance 4.
        var normalized = new float[3];
        moments.Normalize([5f, 1000f, -1000f], normalized);
        Assert.Equal(1.5f, normalized[0], 6);
        Assert.Equal([10, -10], normalized[1..]);
    }

    [Fact]
    public void Any_split_into_batches_gives_what_two_passes_over_the_data_give() =>
        Gen.Select(Gen.Float[-100, 100].Array[2, 60], Gen.Int[1, 3], Gen.Int[0, 60]).Sample((numbers, size, cut) =>
        {
            var rows = numbers.Length / size;
            if (rows == 0) { return; }
            numbers = numbers[..(rows * size)];
            cut = cut % (rows + 1) * size;
            var (whole, parts, other) = (new RunningMoments(size), new RunningMoments(size), new RunningMoments(size));
            whole.Update(numbers);
            parts.Update(numbers.AsSpan(0, cut));
            other.Update(numbers.AsSpan(cut));
            parts.Merge(other);
            for (var j = 0; j < size; j++)
            {
                var column = Enumerable.Range(0, rows).Select(row => (double)numbers[row * size + j]).ToArray();
                var mean = column.Average();
                var variance = column.Average(value => (value - mean) * (value - mean));
                foreach (var moments in (RunningMoments[])[whole, parts])
                {
                    Assert.Equal(rows, moments.Count);
                    Assert.Equal(mean, moments.Mean[j], 9);
                    Assert.Equal(variance, moments.Variance(j), 8);
                }
            }
        }, iter: 200);

    [Fact]
    public void Whole_vectors_only()
    {
        var moments = new RunningMoments(2);
        Assert.Throws<ArgumentException>(() => moments.Update([1f, 2f, 3f]));
        Assert.Throws<InvalidOperationException>(() => moments.Update(1.0));
        Assert.Throws<ArgumentException>(() => moments.Merge(new RunningMoments(3)));
        Assert.Equal(0, moments.Count);
    }

    [Fact]
    public void Restoring_brings_back_every_bit()
    {
        var moments = new RunningMoments(2);
        moments.Update([.1f, 7, .3f, -2]);
        var copy = new RunningMoments(2);
        Environments.MemoryState.Save(moments).Load(copy);
        foreach (var one in (RunningMoments[])[moments, copy]) { one.Update([.7f, 11]); }
        Assert.Equal(moments.Mean.ToArray(), copy.Mean.ToArray());
        Assert.Equal(moments.Variance(1), copy.Variance(1));
    }
}
