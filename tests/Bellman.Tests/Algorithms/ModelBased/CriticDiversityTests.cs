using Bellman.Algorithms;
using Bellman.Neural;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.ModelBased;

/// <summary>EDAC's term: its numbers, and its gradient of second order against differences.</summary>
public sealed class CriticDiversityTests
{
    private const int Width = 5;
    private const int ActionSize = 2;
    private const int Rows = 4;

    [Fact]
    public void Term_counts_how_far_gradients_point_the_same_way()
    {
        Assert.Equal(1.2, CriticDiversity.OfGradients([1, 0, 0.6f, 0.8f], 2), 1e-6);
        Assert.Equal(1.4, CriticDiversity.OfGradients([1, 0, 0.6f, 0.8f, 0, 1], 3), 1e-6);
        Assert.Equal(4, CriticDiversity.OfGradients([.. Enumerable.Repeat(new[] { 0.3f, -0.2f }, 4).SelectMany(row => row)], 4), 1e-6);
        // Lengths do not count.
        Assert.Equal(1.2, CriticDiversity.OfGradients([5, 0, 0.06f, 0.08f], 2), 1e-6);
    }

    [Fact]
    public void Input_gradients_are_those_of_the_network()
    {
        using var group = Group(2, Activation.Silu);
        var inputs = Inputs();
        float[] expected = new float[Rows * Width], found = new float[Rows * Width], output = new float[Rows];
        group["q1"].ForwardTraining(inputs, Rows, output);
        group["q1"].Backward([1, 1, 1, 1], Rows, expected);
        new MlpInputGradients("q1", Mlp(Activation.Silu), group.Parameters).Compute(inputs, Rows, found);
        for (var i = 0; i < found.Length; i++) { Assert.Equal(expected[i], found[i], 1e-5f); }
    }

    /// <summary>Fails without the curvature of smooth activations.</summary>
    [Theory, InlineData(Activation.Relu), InlineData(Activation.Tanh), InlineData(Activation.Silu)]
    public void Second_order_gradients_are_the_slopes(Activation activation)
    {
        const double weight = 0.7;
        using var group = Group(3, activation);
        var inputs = Inputs();
        var diversity = new CriticDiversity(3, Mlp(activation), ActionSize, group.Parameters);
        group.Parameters.ClearGradients();
        diversity.AddGradients(inputs, Rows, weight);
        var gradients = group.Parameters.Gradients.ToArray();
        Assert.Contains(gradients, gradient => Math.Abs(gradient) > 0.05);
        var (compared, wrong) = (0, 0);
        for (var k = 0; k < gradients.Length; k++)
        {
            double At(float by)
            {
                var value = group.Parameters.Values[k];
                group.Parameters.Values[k] += by;
                var loss = Exact(group.Parameters, activation, inputs);
                group.Parameters.Values[k] = value;
                return loss;
            }
            const float h = 1e-3f;
            var slope = weight * (At(h) - At(-h)) / (2 * h);
            compared++;
            if (Math.Abs(slope - gradients[k]) > 2e-3 + 1e-2 * Math.Abs(slope)) { wrong++; }
        }
        // A central difference may step over a kink of ReLU; nowhere else is there an excuse.
        Assert.True(wrong <= (activation == Activation.Relu ? compared / 50 : 0), $"{wrong} of {compared} differ");
    }

    [Fact]
    public void A_single_critic_cannot_be_diverse()
    {
        var error = Assert.Throws<UsageException>(() => new SacLearner(3, 2, new SacOptions(), RandomStream.Create(1), new CriticRules(1, Diversity: 1)));
        Assert.Contains("Take 2 critics or more, or diversity 0", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The critics' whole step with the term in it: η beside squared errors that are not halved.</summary>
    [Fact]
    public void Critics_descend_the_squared_errors_and_the_term_together()
    {
        float[] Gradients(double eta)
        {
            using var critics = new ActionValueCritics(3, 2, new CriticRules(3, Diversity: eta), new SacOptions { Hidden = [6], BatchSize = Rows }, RandomStream.Create(4));
            var replay = new ReplayBuffer(Rows, 3, 2);
            var random = RandomStream.Create(9);
            float[] state = new float[3], action = new float[2];
            for (var i = 0; i < Rows; i++)
            {
                random.NextGaussians(state);
                random.NextGaussians(action);
                replay.Add(state, action, 1, state, false);
            }
            var batch = new ReplayBatch(replay, new ObservationEncoder(new Box(-9, 9, 3), false), Rows);
            batch.Draw(new DistinctSampler(), random);
            using var log = new MetricLog();
            critics.Fit(batch, new float[Rows], log);
            return critics.Parameters.Gradients.ToArray();
        }
        var (none, one, four) = (Gradients(0), Gradients(1), Gradients(4));
        Assert.Contains(none.Zip(one), pair => Math.Abs(pair.First - pair.Second) > 1e-3);
        for (var k = 0; k < none.Length; k++) { Assert.Equal(4 * (one[k] - none[k]), four[k] - none[k], 1e-4f); }
    }

    private static MlpSpecification Mlp(Activation activation) => new(Width, [7, 6], 1) { Activation = activation, Initialization = Initialization.FanIn };

    private static NetworkGroup Group(int count, Activation activation) => NetworkGroup.Create(
        RandomStream.Create(5), new NetworkOptions { Engine = Engine.Simd }, [.. Enumerable.Range(1, count).Select(i => new MlpPart($"q{i}", Mlp(activation)))]);

    private static float[] Inputs()
    {
        var inputs = new float[Rows * Width];
        RandomStream.Create(6).NextGaussians(inputs);
        return inputs;
    }

    /// <summary>The term in double precision, its gradients by central differences of a forward pass written apart.</summary>
    private static double Exact(ParameterBuffer parameters, Activation activation, float[] inputs)
    {
        double Value(int critic, double[] input)
        {
            var h = input;
            for (var layer = 0; layer < 3; layer++)
            {
                var (weight, bias) = (parameters[$"q{critic}.{layer}.weight"].ToArray(), parameters[$"q{critic}.{layer}.bias"].ToArray());
                var width = h.Length;
                var below = h;
                h = [.. bias.Select((b, o) => b + Enumerable.Range(0, width).Sum(i => weight[o * width + i] * below[i]))];
                if (layer == 2) { break; }
                h = [.. h.Select(z => activation switch { Activation.Relu => Math.Max(0, z), Activation.Tanh => Math.Tanh(z), _ => z / (1 + Math.Exp(-z)) })];
            }
            return h[0];
        }
        var total = 0.0;
        for (var row = 0; row < Rows; row++)
        {
            var units = new List<double[]>();
            for (var critic = 1; critic <= 3; critic++)
            {
                var g = new double[ActionSize];
                for (var k = 0; k < ActionSize; k++)
                {
                    double At(double by)
                    {
                        double[] input = [.. inputs.AsSpan(row * Width, Width).ToArray().Select(x => (double)x)];
                        input[Width - ActionSize + k] += by;
                        return Value(critic, input);
                    }
                    g[k] = (At(1e-5) - At(-1e-5)) / 2e-5;
                }
                var norm = Math.Sqrt(g.Sum(x => x * x));
                units.Add([.. g.Select(x => x / norm)]);
            }
            for (var i = 0; i < 3; i++)
            {
                for (var j = 0; j < 3; j++) { total += i == j ? 0 : units[i].Zip(units[j]).Sum(pair => pair.First * pair.Second); }
            }
        }
        return total / 2 / Rows;
    }
}
