using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class NetworkGroupTests
{
    private static readonly NetworkPart[] Parts =
    [
        new MlpPart("actor", new MlpSpecification(4, [8], 2) { OutputGain = 0.01f, LayerNorm = true }),
        new MlpPart("critic", new MlpSpecification(4, [8, 6], 1)),
        new VectorPart("logStd", 2, -0.5f),
    ];

    [Fact]
    public void Parameters_are_named_and_follow_one_another_without_gaps()
    {
        using var group = Create();
        Assert.Equal(
            ["actor.0.weight", "actor.0.bias", "actor.0.norm.weight", "actor.0.norm.bias", "actor.1.weight", "actor.1.bias",
             "critic.0.weight", "critic.0.bias", "critic.1.weight", "critic.1.bias", "critic.2.weight", "critic.2.bias", "logStd"],
            group.Parameters.Parameters.Select(parameter => parameter.Name));
        Assert.Equal([8, 4], group.Parameters.Find("actor.0.weight").Shape);
        var offset = 0;
        foreach (var parameter in group.Parameters.Parameters)
        {
            Assert.Equal(offset, parameter.Offset);
            offset += parameter.Size;
        }
        Assert.Equal(offset, group.Parameters.Values.Length);
        Assert.Equal(new float[] { -0.5f, -0.5f }, group.Vector("logStd").ToArray());
    }

    [Fact]
    public void Initial_values_of_a_part_depend_only_on_the_stream_and_its_name()
    {
        using var group = Create();
        using var reordered = NetworkGroup.Create(RandomStream.Create(7), new NetworkOptions(), Parts[1], Parts[0]);
        Assert.Equal(group.Parameters["critic.1.weight"].ToArray(), reordered.Parameters["critic.1.weight"].ToArray());
    }

    [Fact]
    public void A_copy_has_the_same_values_and_a_life_of_its_own()
    {
        using var group = Create();
        using var copy = group.Copy();
        Assert.Equal(group.Parameters.Values, copy.Parameters.Values);
        float[] before = new float[1], after = new float[1];
        copy["critic"].Forward([1, 2, 3, 4], 1, before);
        group.Parameters.Values.AsSpan().Fill(0.1f);
        copy["critic"].Forward([1, 2, 3, 4], 1, after);
        Assert.Equal(before, after);
        copy.Parameters.CopyFrom(group.Parameters);
        Assert.Equal(group.Parameters.Values, copy.Parameters.Values);
    }

    [Fact]
    public void A_network_notices_every_change_of_its_parameters_by_whatever_door()
    {
        using var group = Create();
        using var other = NetworkGroup.Create(RandomStream.Create(8), new NetworkOptions(), Parts);
        var adam = new Adam(group.Parameters, new AdamOptions { LearningRate = 0.1 });
        var saved = Environments.MemoryState.Save(group);
        var before = Value();
        group["critic"].ForwardTraining([1, 2, 3, 4], 1, new float[1]);
        group["critic"].Backward([1], 1, default);
        Changes("Adam", adam.Step);
        Changes("a copy", () => group.Parameters.CopyFrom(other.Parameters));
        Changes("a load", () => saved.Load(group));
        Assert.Equal(Value(), before);
        Changes("Polyak averaging", () => group.Parameters.MoveTowards(other.Parameters, 0.5f));
        // From here on somebody outside holds the memory, and no call tells that it was written.
        var held = group.Parameters.Values;
        Changes("a held array", () => held[group.Parameters.Find("critic.1.weight").Offset] += 3);
        Changes("a held array once more", () => held[group.Parameters.Find("critic.1.weight").Offset] += 3);

        void Changes(string door, Action change)
        {
            var old = Value();
            change();
            Assert.True(old != Value(), door);
        }

        float Value()
        {
            var output = new float[1];
            group["critic"].Forward([1, 2, 3, 4], 1, output);
            return output[0];
        }
    }

    [Fact]
    public void Pieces_of_work_run_once_each_on_any_number_of_threads_also_within_each_other()
    {
        foreach (var threads in (int[])[1, 2, 4])
        {
            using var group = NetworkGroup.Create(RandomStream.Create(7), new NetworkOptions { Threads = threads }, Parts);
            var counts = new int[6];
            var inner = new NetworkWork(() => Interlocked.Increment(ref counts[4]), () => Interlocked.Increment(ref counts[5]));
            var work = new NetworkWork(
                () => Interlocked.Increment(ref counts[0]), () => Interlocked.Increment(ref counts[1]), () => Interlocked.Increment(ref counts[2]),
                () => { Interlocked.Increment(ref counts[3]); group.Run(inner); });
            for (var i = 0; i < 5000; i++) { group.Run(work); }
            Assert.Equal([5000, 5000, 5000, 5000, 5000, 5000], counts);
        }
    }

    [Fact]
    public void A_vector_gradient_is_part_of_the_flat_gradient()
    {
        using var group = Create();
        group.VectorGradient("logStd")[1] += 2;
        Assert.Equal(2, group.Parameters.Gradients[^1]);
    }

    [Theory]
    [InlineData(64, 64, 1.4142135f)]
    [InlineData(64, 4, 1.4142135f)]
    [InlineData(2, 64, 0.01f)]
    public void Orthogonal_weights_have_orthogonal_rows_or_columns_of_the_gain_s_length(int outputs, int inputs, float gain)
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new MlpPart("net", new MlpSpecification(inputs, [], outputs) { OutputGain = gain }));
        var weight = group.Parameters["net.0.weight"].ToArray();
        var (count, length) = (Math.Min(outputs, inputs), Math.Max(outputs, inputs));
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                var product = Enumerable.Range(0, length).Sum(k => (double)At(i, k) * At(j, k));
                Assert.Equal(i == j ? gain * gain : 0, product, 1e-6);
            }
        }
        Assert.All(group.Parameters["net.0.bias"].ToArray(), value => Assert.Equal(0, value));

        float At(int vector, int k) => outputs <= inputs ? weight[vector * inputs + k] : weight[k * inputs + vector];
    }

    [Fact]
    public void Fan_in_weights_and_biases_fill_their_interval()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new MlpPart("net", new MlpSpecification(25, [], 400) { Initialization = Initialization.FanIn }));
        Assert.InRange(group.Parameters.Values.Max(), 0.199f, 0.2f);
        Assert.InRange(group.Parameters.Values.Min(), -0.2f, -0.199f);
        Assert.InRange(group.Parameters["net.0.bias"].ToArray().Max(), 0.19f, 0.2f);
    }

    [Fact]
    public void Unknown_names_duplicates_and_bad_sizes_are_refused()
    {
        using var group = Create();
        Assert.Contains("Did you mean critic", Assert.Throws<UsageException>(() => group["critik"]).Message, StringComparison.Ordinal);
        Assert.Contains("logStd", Assert.Throws<UsageException>(() => { group.Vector("logstd"); }).Message, StringComparison.Ordinal);
        Assert.Contains("'actor'", Assert.Throws<UsageException>(() => Create(Parts[0], Parts[0])).Message, StringComparison.Ordinal);
        Assert.Contains("Hidden[1] is 0", Assert.Throws<UsageException>(() => Create(new MlpPart("a", new MlpSpecification(1, [2, 0], 1)))).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => Create(new VectorPart("v", 0, 0)));
        Assert.Throws<UsageException>(() => NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions { Threads = 0 }, Parts));
        using var other = Create(Parts[0]);
        Assert.Throws<ArgumentException>(() => group.Parameters.CopyFrom(other.Parameters));
    }

    private static NetworkGroup Create(params NetworkPart[] parts) => NetworkGroup.Create(RandomStream.Create(7), new NetworkOptions(), parts.Length == 0 ? Parts : parts);
}
