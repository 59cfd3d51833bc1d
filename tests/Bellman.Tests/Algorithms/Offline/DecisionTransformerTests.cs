using Bellman.Algorithms;
using Bellman.Neural;
using Bellman.Papers.TrajectoryWeighting;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.Offline;

public sealed class DecisionTransformerTests
{
    private static readonly CausalTransformerShape Shape = new(2, 3, 2) { Context = 4, Layers = 2, Width = 8, Heads = 2, Horizon = 6 };

    [Fact] // F35
    public void Returns_to_go_sum_rewards_and_padding_is_not_fitted()
    {
        var returns = new double[3];
        SequenceLoss.ReturnsToGo([1, 0, 2], 0, returns);
        Assert.Equal([3, 2, 2], returns);
        SequenceLoss.ReturnsToGo([1, 0, 2], 4, returns);
        Assert.Equal([7, 6, 6], returns);
        var gradients = new float[3];
        Assert.Equal(0.025, SequenceLoss.SquaredError([0.2f, 0.5f, 0.9f], [0.1f, 0.7f, 0], [1, 1, 0], gradients), 1e-7);
        Assert.Equal([0.1f, -0.2f, 0], gradients, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Choices_are_fitted_by_likelihood_of_steps_alone()
    {
        float[] logits = [1, 2, 0.5f, 9, 9, -9], gradients = new float[6];
        Assert.Equal(1.464369, SequenceLoss.CrossEntropy(logits, [1, 0, 0, 0, 0, 1], [1, 0], gradients), 1e-6);
        Assert.Equal([0.231224f - 1, 0.628532f, 0.140244f, 0, 0, 0], gradients, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void An_action_is_told_from_nothing_later_nor_from_padding()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new CausalTransformerPart("t", Shape));
        Widen(group);
        var (network, context, random) = (group["t"], new DecisionContext(Shape), RandomStream.Create(2));
        var row = new float[Shape.Inputs];
        // Two steps of padding, then two of play.
        foreach (var k in (int[])[2, 3]) { Step(context, row, k, random); }
        var before = Outputs(network, row);

        var padding = row.ToArray();
        foreach (var k in (int[])[0, 1])
        {
            Step(context, padding, k, random);
            context.Mask(padding)[k] = 0;
        }
        Assert.Equal(before[2], Outputs(network, padding)[2], 1e-5f);
        Assert.Equal(before[3], Outputs(network, padding)[3], 1e-5f);

        var later = row.ToArray();
        Step(context, later, 3, random);
        context.Action(later, 2).Fill(0.7f);
        var after = Outputs(network, later);
        // Step 2 sees neither step 3 nor its own action; step 3 sees that action.
        Assert.Equal(before[2], after[2], 1e-5f);
        Assert.NotEqual(before[3], after[3], 1e-3f);

        foreach (var change in (Action<float[]>[])[changed => context.Returns(changed)[2] += 1, changed => context.Times(changed)[2] += 1, changed => context.Observations(changed)[2 * 2] += 1])
        {
            var seen = row.ToArray();
            change(seen);
            Assert.NotEqual(before[2], Outputs(network, seen)[2], 1e-4f);
        }
    }

    [Fact]
    public void Gradients_are_those_of_central_differences()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(3), new NetworkOptions(), new CausalTransformerPart("t", Shape with { OutputActivation = Activation.Tanh, Activation = Activation.Silu }));
        Widen(group);
        var (network, context, random) = (group["t"], new DecisionContext(Shape), RandomStream.Create(4));
        float[] rows = new float[2 * Shape.Inputs], outputs = new float[2 * network.Outputs];
        for (var k = 0; k < 4; k++)
        {
            Step(context, rows.AsSpan(0, Shape.Inputs), k, random);
            if (k > 0) { Step(context, rows.AsSpan(Shape.Inputs), k, random); }
        }
        float[] weights = [.. outputs.Select(_ => (float)random.NextGaussian())];
        double Loss()
        {
            network.Forward(rows, 2, outputs);
            return outputs.Zip(weights, (output, weight) => (double)output * weight).Sum();
        }
        network.ForwardTraining(rows, 2, outputs);
        group.Parameters.ClearGradients();
        network.Backward(weights, 2, default);
        foreach (var parameter in group.Parameters.Parameters)
        {
            var at = parameter.Offset + random.NextInt32(parameter.Size);
            var (value, step) = (group.Parameters.Values[at], 1e-2f);
            group.Parameters.Values[at] = value + step;
            var up = Loss();
            group.Parameters.Values[at] = value - step;
            var down = Loss();
            group.Parameters.Values[at] = value;
            var slope = (up - down) / (2 * step);
            Assert.True(Math.Abs(slope - group.Parameters.Gradients[at]) < 0.02 * Math.Max(0.2, Math.Abs(slope)), $"{parameter.Name}: {group.Parameters.Gradients[at]} against {slope}");
        }
    }

    /// <summary>Half of the episodes are an expert's, half random: what is asked for decides which are played. Tried: where returns are scaled away (returnScale 1e9) both score 23.</summary>
    [Fact]
    public void It_plays_as_well_as_it_is_asked_to()
    {
        var task = MixedTask.DriftPoint with { Transitions = 3_200, ExpertShare = 0.5, Episodes = 40 };
        var data = task.Record(RandomStream.Create(5), TestContext.Current.CancellationToken).Data;
        double Played(double wanted)
        {
            var environment = task.Make();
            using var agent = new DecisionTransformer(environment.ObservationSpace, environment.ActionSpace, data, new DecisionTransformerOptions
            {
                Hidden = [32, 32],
                Context = 5,
                BatchSize = 32,
                LearningRate = 2e-3,
                WarmUp = 20,
                TargetReturn = wanted,
                Horizon = 20,
            }, 1);
            using var log = new MetricLog();
            for (var i = 0; i < 400; i++) { agent.Advance(log); }
            return task.Measure(agent.Policy, 3, TestContext.Current.CancellationToken).MeanReturn;
        }
        var references = task.References(RandomStream.Create(6), 3, TestContext.Current.CancellationToken);
        var (well, badly) = (references.Score(Played(-10)), references.Score(Played(-55)));
        Assert.True(well > 70 && badly < well - 40, $"asked for much {well:0}, for little {badly:0}");
    }

    [Theory]
    [InlineData("hidden=64,32", "blocks of a transformer have one width")]
    [InlineData("hidden=64 heads=3", "3 heads do not divide the width 64")]
    [InlineData("rewards=minusOne", "rewards must be recorded")]
    public void Options_that_do_not_fit_are_refused(string settings, string message) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => AlgorithmRegistry.Find("decision-transformer").Options.Create<AlgorithmOptions>(
            settings.Split(' ').Select(setting => KeyValuePair.Create(setting.Split('=')[0], setting.Split('=')[1])))).Message, StringComparison.Ordinal);

    // Initial weights of 0.02 would make differences too small to see.
    private static void Widen(NetworkGroup group)
    {
        foreach (ref var value in group.Parameters.Values.AsSpan()) { value = value is 0 or 1 ? value : 15 * value; }
    }

    private static void Step(DecisionContext context, Span<float> row, int k, RandomStream random)
    {
        context.Write(row, k, random.NextGaussian(), [(float)random.NextGaussian(), (float)random.NextGaussian()], 1 + random.NextInt32(4));
        foreach (ref var value in context.Action(row, k)) { value = (float)random.NextGaussian(); }
    }

    /// <summary>The first output of every step.</summary>
    private static float[] Outputs(INetwork network, float[] row)
    {
        var outputs = new float[network.Outputs];
        network.Forward(row, 1, outputs);
        return [.. outputs.Where((_, i) => i % Shape.Outputs == 0)];
    }
}
