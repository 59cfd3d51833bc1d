using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

/// <summary>Networks made of networks: noisy, duelling, one after another. Either engine runs the dense layers inside.</summary>
public sealed class ComposedNetworkTests
{
    private const int Batch = 7;

    public static TheoryData<string, Engine> Networks
    {
        get
        {
            var data = new TheoryData<string, Engine>();
            foreach (var kind in (string[])["noisy", "duelling", "noisy duelling behind a trunk", "implicit quantiles"])
            {
                data.Add(kind, Engine.Simd);
                data.Add(kind, Engine.Torch);
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Networks))]
    public void Gradients_are_the_slopes_of_finite_differences(string kind, Engine engine)
    {
        using var group = Build(kind, engine);
        var (network, random) = (group["net"], RandomStream.Create(1));
        (network as INoisyNetwork)?.DrawNoise(RandomStream.Create(2));
        var inputs = NeuralTestData.Gaussian(random, Batch * network.Inputs);
        var weights = NeuralTestData.Gaussian(random, Batch * network.Outputs);
        float[] outputs = new float[weights.Length], again = new float[weights.Length], inputGradients = new float[inputs.Length];
        network.ForwardTraining(inputs, Batch, outputs);
        network.Forward(inputs, Batch, again);
        NeuralTestData.AssertClose([.. outputs.Select(value => (double)value)], again, 1e-5);
        network.ForwardTraining(inputs, Batch, outputs);
        network.Backward(weights, Batch, inputGradients);
        foreach (var parameter in group.Parameters.Parameters)
        {
            var index = parameter.Offset + parameter.Size / 2;
            var slope = Slope(group.Parameters.Values, index);
            Assert.True(Math.Abs(slope - group.Parameters.Gradients[index]) < 4e-3 * (1 + Math.Abs(slope)), $"{parameter.Name}: {slope} against {group.Parameters.Gradients[index]}");
        }
        Assert.Equal(Slope(inputs, 9), inputGradients[9], 4e-3);

        // Without parameter gradients only the inputs' are written.
        var before = group.Parameters.Gradients.ToArray();
        network.ForwardTraining(inputs, Batch, outputs);
        network.Backward(weights, Batch, inputGradients, parameterGradients: false);
        Assert.Equal(before, group.Parameters.Gradients);

        double Slope(float[] array, int index)
        {
            const float Step = 1e-2f;
            var centre = array[index];
            array[index] = centre + Step;
            var above = Loss();
            array[index] = centre - Step;
            var below = Loss();
            array[index] = centre;
            return (above - below) / (2 * Step);
        }

        double Loss()
        {
            network.Forward(inputs, Batch, outputs);
            return outputs.Zip(weights).Sum(pair => (double)pair.First * pair.Second);
        }
    }

    [Fact]
    public void Duelling_heads_add_the_value_to_advantages_about_their_mean()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions { Engine = Engine.Simd },
            new DuellingPart("net", new MlpPart("net.value", new MlpSpecification(1, [], 1)), new MlpPart("net.advantage", new MlpSpecification(1, [], 3))));
        Array.Clear(group.Parameters.Values);
        group.Parameters["net.value.0.bias"][0] = 1;
        new float[] { 0.5f, -0.5f, 0.3f }.CopyTo(group.Parameters["net.advantage.0.bias"]);
        var outputs = new float[3];
        group["net"].Forward([0], 1, outputs);
        Assert.Equal([1.4f, 0.4f, 1.2f], outputs, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    /// <summary>With two numbers per action each is combined with its own, over the actions.</summary>
    [Fact]
    public void Duelling_heads_combine_distributions_componentwise()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions { Engine = Engine.Simd },
            new DuellingPart("net", new MlpPart("net.value", new MlpSpecification(1, [], 2)), new MlpPart("net.advantage", new MlpSpecification(1, [], 4))));
        Array.Clear(group.Parameters.Values);
        new float[] { 1, 10 }.CopyTo(group.Parameters["net.value.0.bias"]);
        new float[] { 1, 2, 3, 6 }.CopyTo(group.Parameters["net.advantage.0.bias"]);
        var outputs = new float[4];
        group["net"].Forward([0], 1, outputs);
        Assert.Equal([0, 8, 2, 12], outputs);
    }

    [Fact]
    public void Noise_is_the_product_of_input_and_output_noise_times_sigma()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions { Engine = Engine.Simd }, new NoisyMlpPart("net", new MlpSpecification(3, [], 4)));
        Assert.All(group.Parameters["net.0.weight.sigma"].ToArray(), sigma => Assert.Equal(0.5f / MathF.Sqrt(3), sigma));
        Assert.All(group.Parameters["net.0.bias.sigma"].ToArray(), sigma => Assert.Equal(0.5f / MathF.Sqrt(3), sigma));
        group.Parameters["net.0.weight.sigma"].Fill(2);
        group.Parameters["net.0.bias.sigma"].Fill(1);
        var network = Assert.IsAssignableFrom<INoisyNetwork>(group["net"]);
        network.DrawNoise(RandomStream.Create(4));
        // The same draws: inputs first, then outputs, each through f(x) = sgn(x) sqrt|x|.
        float[] inputNoise = new float[3], outputNoise = new float[4];
        var random = RandomStream.Create(4);
        random.NextGaussians(inputNoise);
        random.NextGaussians(outputNoise);
        float Shaped(float x) => MathF.Sign(x) * MathF.Sqrt(MathF.Abs(x));
        for (var input = 0; input < 3; input++)
        {
            float[] unit = new float[3], outputs = new float[4];
            unit[input] = 1;
            network.Forward(unit, 1, outputs);
            for (var output = 0; output < 4; output++)
            {
                var mean = group.Parameters["net.0.weight"][output * 3 + input] + group.Parameters["net.0.bias"][output];
                Assert.Equal(mean + 2 * Shaped(outputNoise[output]) * Shaped(inputNoise[input]) + Shaped(outputNoise[output]), outputs[output], 1e-5f);
            }
        }
    }

    [Fact]
    public void Silence_is_the_means_and_copies_begin_in_it()
    {
        using var group = Build("noisy duelling behind a trunk", Engine.Simd);
        using var copy = group.Copy();
        var inputs = NeuralTestData.Gaussian(RandomStream.Create(5), Batch * 5);
        var network = Assert.IsAssignableFrom<INoisyNetwork>(group["net"]);
        var silent = Outputs(network);
        network.DrawNoise(RandomStream.Create(6));
        var noisy = Outputs(network);
        Assert.NotEqual(silent, noisy);
        Assert.Equal(silent, Outputs(copy["net"]));
        (copy["net"] as INoisyNetwork)?.DrawNoise(RandomStream.Create(6));
        Assert.Equal(noisy, Outputs(copy["net"]));
        network.SilenceNoise();
        Assert.Equal(silent, Outputs(network));

        float[] Outputs(INetwork net)
        {
            var outputs = new float[Batch * net.Outputs];
            net.Forward(inputs, Batch, outputs);
            return outputs;
        }
    }

    [Fact]
    public void Both_engines_compute_the_same_noisy_values()
    {
        var inputs = NeuralTestData.Gaussian(RandomStream.Create(7), Batch * 5);
        var results = new[] { Engine.Simd, Engine.Torch }.Select(engine =>
        {
            using var group = Build("noisy duelling behind a trunk", engine);
            (group["net"] as INoisyNetwork)?.DrawNoise(RandomStream.Create(8));
            var outputs = new float[Batch * group["net"].Outputs];
            group["net"].ForwardTraining(inputs, Batch, outputs);
            group["net"].Backward(outputs, Batch, default);
            return (Outputs: outputs, group.Parameters.Gradients);
        }).ToArray();
        NeuralTestData.AssertClose([.. results[0].Outputs.Select(value => (double)value)], results[1].Outputs, 1e-5);
        NeuralTestData.AssertClose([.. results[0].Gradients.Select(value => (double)value)], results[1].Gradients, 1e-5);
    }

    [Fact]
    public void Passes_and_noise_allocate_nothing_after_the_first()
    {
        using var group = Build("noisy duelling behind a trunk", Engine.Simd);
        var (network, random) = (Assert.IsAssignableFrom<INoisyNetwork>(group["net"]), RandomStream.Create(9));
        float[] inputs = new float[64 * 5], outputs = new float[64 * network.Outputs], inputGradients = new float[64 * 5];
        Update();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) { Update(); }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Update()
        {
            network.DrawNoise(random);
            network.Forward(inputs, 64, outputs);
            network.ForwardTraining(inputs, 64, outputs);
            network.Backward(outputs, 64, inputGradients);
        }
    }

    [Fact]
    public void Probabilities_are_embedded_by_cosines_and_are_midpoints_in_silence()
    {
        var cosines = new float[4];
        ImplicitQuantileNetwork.Cosines(0.3f, cosines);
        Assert.Equal([1, 0.587785f, -0.309017f, -0.951057f], cosines, (a, b) => Math.Abs(a - b) < 1e-5);
        using var group = Build("implicit quantiles", Engine.Simd);
        var network = Assert.IsAssignableFrom<IQuantileNetwork>(group["net"]);
        Assert.Equal([0.125f, 0.375f, 0.625f, 0.875f], network.Probabilities.ToArray());
        network.DrawNoise(RandomStream.Create(1));
        var drawn = network.Probabilities.ToArray();
        Assert.Equal(4, drawn.Distinct().Count());
        network.SilenceNoise();
        Assert.Equal([0.125f, 0.375f, 0.625f, 0.875f], network.Probabilities.ToArray());
    }

    /// <summary>Against the equation written out; outputs are [actions, samples].</summary>
    [Fact]
    public void Implicit_quantiles_are_the_head_of_features_times_embedding()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(3), new NetworkOptions(), new ImplicitQuantilePart(
            "net", new MlpPart("net.trunk", new MlpSpecification(3, [], 4)), new MlpPart("net.head", new MlpSpecification(4, [], 3)), 2));
        float[] inputs = [0.3f, -1, 2], outputs = new float[6];
        var network = Assert.IsAssignableFrom<IQuantileNetwork>(group["net"]);
        network.DrawNoise(RandomStream.Create(5));
        network.Forward(inputs, 1, outputs);
        foreach (var sample in (int[])[0, 1])
        {
            // The slow obvious version: trunk, embedding and head by hand.
            var tau = network.Probabilities.Span[sample];
            for (var action = 0; action < 3; action++)
            {
                var value = (double)group.Parameters["net.head.0.bias"][action];
                for (var feature = 0; feature < 4; feature++)
                {
                    double psi = group.Parameters["net.trunk.0.bias"][feature], phi = group.Parameters["net.embedding.0.bias"][feature];
                    for (var i = 0; i < 3; i++) { psi += group.Parameters["net.trunk.0.weight"][feature * 3 + i] * inputs[i]; }
                    for (var i = 0; i < 64; i++) { phi += group.Parameters["net.embedding.0.weight"][feature * 64 + i] * Math.Cos(Math.PI * i * tau); }
                    value += group.Parameters["net.head.0.weight"][action * 4 + feature] * psi * Math.Max(0, phi);
                }
                Assert.Equal(value, outputs[action * 2 + sample], 1e-4);
            }
        }
    }

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        MlpPart Part(string name, int inputs, int outputs) => new(name, new MlpSpecification(inputs, [], outputs));
        Assert.Contains("'net.a' writes 3 numbers a row and 'net.b', which follows it, reads 4", Refusal(new ChainPart("net", [Part("net.a", 2, 3), Part("net.b", 4, 1)])), StringComparison.Ordinal);
        Assert.Contains("whole multiples", Refusal(new DuellingPart("net", Part("net.a", 2, 2), Part("net.b", 2, 3))), StringComparison.Ordinal);
        Assert.Contains("must be networks", Refusal(new DuellingPart("net", new VectorPart("net.a", 2, 0), Part("net.b", 2, 3))), StringComparison.Ordinal);
        Assert.Contains("Link 'net.a' of 'net' computes nothing", Refusal(new ChainPart("net", [new VectorPart("net.a", 2, 0), Part("net.b", 2, 3)])), StringComparison.Ordinal);
        Assert.Contains("deviation -1", Refusal(new NoisyMlpPart("net", new MlpSpecification(2, [], 1)) { InitialDeviation = -1 }), StringComparison.Ordinal);

        static string Refusal(NetworkPart part) => Assert.Throws<UsageException>(() => NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), part)).Message;
    }

    private static NetworkGroup Build(string kind, Engine engine)
    {
        var smooth = new MlpSpecification(5, [20], 6) { Activation = Activation.Silu, LayerNorm = true };
        NetworkPart part = kind switch
        {
            "noisy" => new NoisyMlpPart("net", smooth),
            "implicit quantiles" => new ImplicitQuantilePart(
                "net",
                new MlpPart("net.trunk", new MlpSpecification(5, [9], 8) { OutputActivation = Activation.Tanh }),
                new NoisyMlpPart("net.head", smooth with { Inputs = 8, Outputs = 3 }), 4)
            {
                Cosines = 6,
            },
            "duelling" => new DuellingPart("net", new MlpPart("net.value", smooth with { Outputs = 2 }), new MlpPart("net.advantage", smooth)),
            _ => new ChainPart("net",
            [
                new MlpPart("net.trunk", new MlpSpecification(5, [9], 8) { OutputActivation = Activation.Tanh }),
                new DuellingPart("net.head", new NoisyMlpPart("net.head.value", smooth with { Inputs = 8, Outputs = 2 }), new NoisyMlpPart("net.head.advantage", smooth with { Inputs = 8 })),
            ]),
        };
        return NetworkGroup.Create(RandomStream.Create(3), new NetworkOptions { Engine = engine }, part);
    }
}
