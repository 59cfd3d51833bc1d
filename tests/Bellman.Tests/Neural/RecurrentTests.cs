using Bellman.Neural;
using Xunit;
using static TorchSharp.torch;

namespace Bellman.Tests.Neural;

/// <summary>
/// LSTM and GRU against torch's own, in double precision, for every vector width. Fails when a gate's derivative, the
/// direct way of a GRU's hidden state or the carry-over of an LSTM's cell is left out.
/// </summary>
public class RecurrentTests
{
    private const int Inputs = 5;
    private const int Time = 4;
    private const int Count = 3;

    public static TheoryData<RecurrentCell, int> Shapes => new(
        (RecurrentCell.Lstm, 7), (RecurrentCell.Lstm, 16), (RecurrentCell.Lstm, 37), (RecurrentCell.Gru, 7), (RecurrentCell.Gru, 16), (RecurrentCell.Gru, 37));

    [Theory, MemberData(nameof(Shapes))]
    public void Outputs_and_gradients_through_time_are_torch_s(RecurrentCell cell, int size)
    {
        using var group = Build(cell, size);
        var random = RandomStream.Create(1);
        var (inputs, gradients) = (NeuralTestData.Gaussian(random, Time * Count * Inputs), NeuralTestData.Gaussian(random, Time * Count * size));
        var reference = Torch(cell, size, group.Parameters, inputs, gradients);
        foreach (var network in EveryWidth(cell, size, group.Parameters))
        {
            var memory = new float[Count * network.MemorySize];
            var (outputs, inputGradients) = Run(network, inputs, gradients, default, memory);
            NeuralTestData.AssertClose(reference.Outputs, outputs, 2e-5);
            NeuralTestData.AssertClose(reference.InputGradients, inputGradients, 2e-5);
            NeuralTestData.AssertClose(reference.ParameterGradients, group.Parameters.Gradients, 2e-5);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void An_episode_within_a_sequence_is_as_if_it_were_alone(RecurrentCell cell, int size)
    {
        using var group = Build(cell, size);
        var network = Network(group);
        var random = RandomStream.Create(2);
        var (inputs, gradients) = (NeuralTestData.Gaussian(random, Time * Count * Inputs), NeuralTestData.Gaussian(random, Time * Count * size));
        var memory = NeuralTestData.Gaussian(random, Count * network.MemorySize);
        // All sequences begin an episode at step 2; the first also at step 0, where it must forget its memory.
        var begins = new bool[Time * Count];
        (begins[0], begins[2 * Count], begins[2 * Count + 1], begins[2 * Count + 2]) = (true, true, true, true);
        var (outputs, inputGradients) = Run(network, inputs, gradients, begins, memory);
        var whole = group.Parameters.Gradients.ToArray();

        var (half, halfOutputs) = (2 * Count * Inputs, 2 * Count * size);
        memory.AsSpan(0, network.MemorySize).Clear();
        var early = Run(network, inputs[..half], gradients[..halfOutputs], default, memory);
        var sum = group.Parameters.Gradients.ToArray();
        var late = Run(network, inputs[half..], gradients[halfOutputs..], default, new float[memory.Length]);
        NeuralTestData.AssertClose(Doubles([.. early.Outputs, .. late.Outputs]), outputs, 1e-6);
        NeuralTestData.AssertClose(Doubles([.. early.InputGradients, .. late.InputGradients]), inputGradients, 1e-6);
        NeuralTestData.AssertClose(Doubles([.. sum.Zip(group.Parameters.Gradients, (a, b) => a + b)]), whole, 1e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Acting_step_by_step_gives_what_training_gives_at_once(RecurrentCell cell, int size)
    {
        using var group = Build(cell, size);
        var network = Network(group);
        var random = RandomStream.Create(3);
        var inputs = NeuralTestData.Gaussian(random, Time * Count * Inputs);
        var memory = NeuralTestData.Gaussian(random, Count * network.MemorySize);
        var expected = new float[Time * Count * size];
        network.ForwardSequences(inputs, Time * Count, new Sequences(Count, default, memory), expected);
        var outputs = new float[Count * size];
        for (var t = 0; t < Time; t++)
        {
            network.Step(inputs.AsSpan(t * Count * Inputs, Count * Inputs), Count, memory, outputs);
            Assert.Equal(expected.AsSpan(t * Count * size, Count * size).ToArray(), outputs);
        }
    }

    [Fact]
    public void As_a_plain_network_every_row_is_a_first_step()
    {
        using var group = Build(RecurrentCell.Gru, 4);
        var network = Network(group);
        var inputs = NeuralTestData.Gaussian(RandomStream.Create(4), 2 * Inputs);
        float[] plain = new float[8], step = new float[8];
        network.Forward(inputs, 2, plain);
        network.Step(inputs, 2, new float[2 * network.MemorySize], step);
        Assert.Equal(step, plain);
    }

    [Fact]
    public void A_chain_carries_gradients_through_a_recurrent_link()
    {
        var part = new ChainPart("c",
        [
            new MlpPart("c.below", new MlpSpecification(Inputs, [], 6) { OutputActivation = Activation.Tanh }),
            new RecurrentPart("c.memory", RecurrentCell.Lstm, 6, 8),
            new MlpPart("c.head", new MlpSpecification(8, [], 2)),
        ]);
        using var group = NetworkGroup.Create(RandomStream.Create(5), new NetworkOptions(), part);
        var network = Assert.IsType<IRecurrentNetwork>(group["c"], exactMatch: false);
        var random = RandomStream.Create(6);
        var (inputs, gradients) = (NeuralTestData.Gaussian(random, Time * Count * Inputs), NeuralTestData.Gaussian(random, Time * Count * 2));
        var begins = new bool[Time * Count];
        begins[Count] = true;
        var memory = NeuralTestData.Gaussian(random, Count * network.MemorySize);
        var (_, inputGradients) = Run(network, inputs, gradients, begins, memory);
        var analytic = group.Parameters.Gradients.ToArray();
        for (var i = 0; i < analytic.Length; i += 13) { Assert.Equal(Slope(group.Parameters.Values, i), analytic[i], 2e-2); }
        for (var i = 0; i < inputs.Length; i += 7) { Assert.Equal(Slope(inputs, i), inputGradients[i], 2e-2); }

        double Slope(float[] values, int i)
        {
            var at = values[i];
            values[i] = at + 1e-2f;
            var above = Objective();
            values[i] = at - 1e-2f;
            var below = Objective();
            values[i] = at;
            return (above - below) / 2e-2;
        }

        double Objective()
        {
            var outputs = new float[Time * Count * 2];
            network.ForwardSequences(inputs, Time * Count, new Sequences(Count, begins, memory), outputs);
            return outputs.Zip(gradients, (a, b) => (double)a * b).Sum();
        }
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        Assert.Contains("'m'", Assert.Throws<UsageException>(() => NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), new RecurrentPart("m", RecurrentCell.Gru, 3, 0))).Message, StringComparison.Ordinal);
        using var group = Build(RecurrentCell.Gru, 4);
        var network = Network(group);
        Assert.Contains("7 rows are not 3 sequences", Assert.Throws<ArgumentException>(() => network.ForwardSequences(new float[7 * Inputs], 7, new Sequences(3, default, new float[12]), new float[28])).Message, StringComparison.Ordinal);
        var chain = new ChainPart("c", [new MlpPart("c.0", new MlpSpecification(2, [], 3)), new MlpPart("c.1", new MlpSpecification(4, [], 3))]);
        Assert.Contains("'c.0' writes 3 numbers a row and 'c.1', which follows it, reads 4", Assert.Throws<UsageException>(() => NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), chain)).Message, StringComparison.Ordinal);
        var twice = new ChainPart("c", [new RecurrentPart("c.0", RecurrentCell.Gru, 2, 3), new RecurrentPart("c.1", RecurrentCell.Gru, 3, 3)]);
        Assert.Throws<UsageException>(() => NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), twice));
    }

    private static (float[] Outputs, float[] InputGradients) Run(IRecurrentNetwork network, float[] inputs, float[] gradients, bool[]? begins, float[] memory)
    {
        var rows = inputs.Length / network.Inputs;
        float[] outputs = new float[rows * network.Outputs], inputGradients = new float[inputs.Length];
        network.Parameters.ClearGradients();
        network.ForwardSequences(inputs, rows, new Sequences(Count, begins, memory), outputs);
        network.Backward(gradients, rows, inputGradients);
        return (outputs, inputGradients);
    }

    private static NetworkGroup Build(RecurrentCell cell, int size)
    {
        var group = NetworkGroup.Create(RandomStream.Create(9), new NetworkOptions(), new RecurrentPart("m", cell, Inputs, size));
        var random = RandomStream.Create(10);
        foreach (ref var bias in group.Parameters["m.hidden.bias"]) { bias = (float)random.NextGaussian(); }
        return group;
    }

    private static IRecurrentNetwork Network(NetworkGroup group) => Assert.IsType<IRecurrentNetwork>(group["m"], exactMatch: false);

    private static IEnumerable<IRecurrentNetwork> EveryWidth(RecurrentCell cell, int size, ParameterBuffer parameters)
    {
        var gates = cell == RecurrentCell.Lstm ? 4 : 3;
        DenseLayout Layer(string kind, int inputs) => new(inputs, gates * size, Activation.Identity, parameters.Find($"m.{kind}.weight").Offset, parameters.Find($"m.{kind}.bias").Offset, -1, -1);
        return VectorKernels.Available.Select(kernels => kernels.CreateRecurrent(cell, Layer("input", Inputs), Layer("hidden", size), parameters));
    }

    private static double[] Doubles(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static (double[] Outputs, double[] InputGradients, double[] ParameterGradients) Torch(RecurrentCell cell, int size, ParameterBuffer parameters, float[] inputs, float[] gradients)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        nn.Module module = cell == RecurrentCell.Lstm ? nn.LSTM(Inputs, size, dtype: ScalarType.Float64) : nn.GRU(Inputs, size, dtype: ScalarType.Float64);
        var ours = new Dictionary<string, string> { ["weight_ih_l0"] = "input.weight", ["bias_ih_l0"] = "input.bias", ["weight_hh_l0"] = "hidden.weight", ["bias_hh_l0"] = "hidden.bias" };
        var theirs = module.named_parameters().ToDictionary(pair => ours[pair.name], pair => pair.parameter);
        using (no_grad())
        {
            foreach (var (name, parameter) in theirs)
            {
                parameter.copy_(tensor(parameters[$"m.{name}"].ToArray()).to(ScalarType.Float64).reshape(parameter.shape));
            }
        }
        var x = tensor(inputs, Time, Count, Inputs).to(ScalarType.Float64).detach().requires_grad_();
        var y = module switch
        {
            TorchSharp.Modules.LSTM lstm => lstm.call(x).Item1,
            TorchSharp.Modules.GRU gru => gru.call(x).Item1,
            _ => throw new InvalidOperationException(),
        };
        (y * tensor(gradients, Time, Count, size).to(ScalarType.Float64)).sum().backward();
        var flat = parameters.Parameters.SelectMany(parameter => Data(theirs[parameter.Name[2..]].grad));
        return (Data(y.detach()), Data(x.grad), [.. flat]);
    }

    private static double[] Data(Tensor? tensor) => tensor is null ? [] : tensor.contiguous().data<double>().ToArray();
}
