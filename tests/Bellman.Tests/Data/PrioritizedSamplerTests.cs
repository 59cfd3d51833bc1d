using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Data;

public sealed class PrioritizedSamplerTests
{
    private static readonly PrioritizedSamplerOptions Options = new() { Exponent = 0.6, Offset = 0 };

    [Fact]
    public void Rows_are_drawn_in_proportion_to_their_priorities()
    {
        var sampler = Sampler(Options);
        var (rows, weights, counts) = (new int[300], new float[300], new double[3]);
        var random = RandomStream.Create(1);
        for (var round = 0; round < 200; round++)
        {
            sampler.Sample(3, random, rows, weights);
            foreach (var row in rows) { counts[row]++; }
        }
        double[] expected = [0.523302, 0.345251, 0.131448];
        var total = expected.Select((_, row) => (double)sampler.Priority(row)).Sum();
        for (var row = 0; row < 3; row++)
        {
            Assert.Equal(expected[row], sampler.Priority(row) / total, 1e-5);
            // By strata each row is drawn its share of a batch, give or take one at either end.
            Assert.Equal(expected[row], counts[row] / 60_000, 2.0 / 300);
        }
    }

    [Fact]
    public void Weights_are_scaled_by_the_largest_of_the_buffer_or_of_the_batch()
    {
        AssertWeights(Sampler(Options with { NormalizeByBuffer = true }), [0.575440, 0.679590, 1], buffer: true);
        AssertWeights(Sampler(Options), [0.846745, 1], buffer: false);

        static void AssertWeights(PrioritizedSampler sampler, double[] expected, bool buffer)
        {
            sampler.Beta = 0.4;
            var (rows, weights) = (new int[2], new float[2]);
            var seen = new HashSet<int>();
            var random = RandomStream.Create(2);
            for (var round = 0; round < 200; round++)
            {
                sampler.Sample(3, random, rows, weights);
                for (var i = 0; i < 2; i++)
                {
                    if (buffer) { Assert.Equal(expected[rows[i]], weights[i], 1e-5); }
                    else if (rows[0] == 0 && rows[1] == 1) { Assert.Equal(expected[i], weights[i], 1e-5); }
                }
                seen.Add(rows[0] * 3 + rows[1]);
            }
            Assert.Contains(1, seen);
        }
    }

    [Fact]
    public void Priority_is_the_absolute_error_plus_the_offset_to_the_power()
    {
        var sampler = new PrioritizedSampler(4, new PrioritizedSamplerOptions { Exponent = 0.6, Offset = 1e-6 });
        sampler.Added(0);
        sampler.Update([0], [-0.3f]);
        Assert.Equal(0.485594, sampler.Priority(0), 1e-6);
    }

    [Fact]
    public void New_rows_get_the_largest_error_so_far_before_the_power()
    {
        var sampler = new PrioritizedSampler(4, Options);
        sampler.Added(0);
        Assert.Equal(1, sampler.Priority(0));
        sampler.Update([0], [-4]);
        sampler.Update([0], [0.5f]);
        sampler.Added(1);
        Assert.Equal(Math.Pow(4, 0.6), sampler.Priority(1), 1e-5);
    }

    [Fact]
    public void Importance_rises_linearly() => Assert.Equal(0.55, new LinearSchedule(0.4, 1, 100).Value(25), 1e-12);

    [Fact]
    public void A_restored_sampler_draws_the_same_rows_and_weights()
    {
        var (sampler, copy) = (new PrioritizedSampler(500), new PrioritizedSampler(500));
        var random = RandomStream.Create(5);
        for (var row = 0; row < 300; row++) { sampler.Added(row); }
        for (var round = 0; round < 20; round++)
        {
            var (rows, weights) = (new int[32], new float[32]);
            sampler.Sample(300, random, rows, weights);
            sampler.Update(rows, [.. rows.Select(_ => (float)random.NextGaussian())]);
        }
        MemoryState.Save(sampler).Load(copy);
        sampler.Added(300);
        copy.Added(300);
        Assert.Equal(Draw(sampler), Draw(copy));

        static (string, string) Draw(PrioritizedSampler sampler)
        {
            var (rows, weights) = (new int[64], new float[64]);
            sampler.Sample(301, RandomStream.Create(6), rows, weights);
            return (string.Join(" ", rows), string.Join(" ", weights));
        }
    }

    [Fact]
    public void Sampling_and_updating_allocate_nothing()
    {
        var sampler = new PrioritizedSampler(10_000);
        for (var row = 0; row < 10_000; row++) { sampler.Added(row); }
        var (random, rows, weights) = (RandomStream.Create(7), new int[256], new float[256]);
        Once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) { Once(); }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Once()
        {
            sampler.Sample(10_000, random, rows, weights);
            sampler.Update(rows, weights);
        }
    }

    [Fact]
    public void Errors_that_are_not_finite_and_options_out_of_range_are_refused()
    {
        var sampler = new PrioritizedSampler(4);
        sampler.Added(2);
        Assert.Contains("row 2 is NaN", Assert.Throws<BellmanException>(() => sampler.Update([2], [float.NaN])).Message, StringComparison.Ordinal);
        Assert.Equal(1, sampler.Priority(2));
        Assert.Contains("Exponent is -1", Assert.Throws<UsageException>(() => new PrioritizedSampler(4, new PrioritizedSamplerOptions { Exponent = -1 })).Message, StringComparison.Ordinal);
    }

    /// <summary>Three rows with the errors 1, 0.5 and 0.1.</summary>
    private static PrioritizedSampler Sampler(PrioritizedSamplerOptions options)
    {
        var sampler = new PrioritizedSampler(8, options);
        for (var row = 0; row < 3; row++) { sampler.Added(row); }
        sampler.Update([0, 1, 2], [1, -0.5f, 0.1f]);
        return sampler;
    }
}
