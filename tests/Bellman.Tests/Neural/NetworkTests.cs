using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class NetworkTests
{
    public static TheoryData<Engine> Engines => [Engine.Simd, Engine.Torch];

    [Theory, MemberData(nameof(Engines))]
    public void Gradients_are_the_slopes_of_finite_differences(Engine engine)
    {
        var random = RandomStream.Create(1);
        var mlp = new MlpSpecification(5, [20, 33], 3) { Activation = Activation.Silu, OutputActivation = Activation.Tanh, LayerNorm = true };
        using var group = Build(engine, 1, mlp);
        var network = group["net"];
        const int Batch = 7;
        var inputs = NeuralTestData.Gaussian(random, Batch * 5);
        var weights = NeuralTestData.Gaussian(random, Batch * 3);
        var outputs = new float[Batch * 3];
        var inputGradients = new float[Batch * 5];
        network.ForwardTraining(inputs, Batch, outputs);
        network.Backward(weights, Batch, inputGradients);

        foreach (var parameter in group.Parameters.Parameters)
        {
            var index = parameter.Offset + parameter.Size / 2;
            Assert.Equal(Slope(group.Parameters.Values, index), group.Parameters.Gradients[index], 2e-3);
        }
        Assert.Equal(Slope(inputs, 12), inputGradients[12], 2e-3);

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

    [Theory]
    [InlineData(false, Activation.Tanh)]
    [InlineData(true, Activation.Silu)]
    public void Results_do_not_depend_on_the_number_of_threads_bit_for_bit(bool norm, Activation activation)
    {
        var mlp = new MlpSpecification(17, [200, 130], 6) { Activation = activation, LayerNorm = norm };
        var one = Run(1);
        foreach (var threads in (int[])[2, 3, 5])
        {
            var several = Run(threads);
            Assert.Equal(one.Outputs, several.Outputs);
            Assert.Equal(one.Gradients, several.Gradients);
            Assert.Equal(one.InputGradients, several.InputGradients);
        }

        (float[] Outputs, float[] Gradients, float[] InputGradients) Run(int threads)
        {
            const int Batch = 389;
            using var group = Build(Engine.Simd, threads, mlp);
            var random = RandomStream.Create(2);
            float[] inputs = NeuralTestData.Gaussian(random, Batch * 17), outputGradients = NeuralTestData.Gaussian(random, Batch * 6);
            float[] outputs = new float[Batch * 6], inputGradients = new float[Batch * 17];
            for (var repetition = 0; repetition < 20; repetition++)
            {
                group["net"].ForwardTraining(inputs, Batch, outputs);
                group["net"].Backward(outputGradients, Batch, inputGradients);
            }
            group["net"].Forward(inputs, Batch, outputs);
            return (outputs, group.Parameters.Gradients, inputGradients);
        }
    }

    [Theory, InlineData(Activation.Tanh), InlineData(Activation.Relu), InlineData(Activation.Silu)]
    public void A_NaN_in_the_inputs_shows_in_the_outputs(Activation activation)
    {
        using var group = Build(Engine.Simd, 1, new MlpSpecification(3, [20, 20], 2) { Activation = activation, OutputActivation = activation });
        foreach (var kernels in VectorKernels.Available)
        {
            using var network = kernels.CreateNetwork(MlpLayout.Layers("net", ((MlpPart)group.Parts[0]).Mlp, group.Parameters), group.Parameters, new WorkerTeam(1));
            var outputs = new float[4];
            network.Forward([1, float.NaN, 2, 1, 1, 2], 2, outputs);
            Assert.True(float.IsNaN(outputs[0]) && float.IsNaN(outputs[1]));
            Assert.True(float.IsFinite(outputs[2]) && float.IsFinite(outputs[3]));
        }
    }

    [Fact]
    public void A_row_does_not_depend_on_the_batch_it_is_in()
    {
        using var group = Build(Engine.Simd, 1, new MlpSpecification(9, [70], 5));
        var inputs = NeuralTestData.Gaussian(RandomStream.Create(3), 131 * 9);
        var together = new float[131 * 5];
        group["net"].Forward(inputs, 131, together);
        var alone = new float[5];
        for (var row = 0; row < 131; row++)
        {
            group["net"].Forward(inputs.AsSpan(row * 9, 9), 1, alone);
            Assert.Equal(together.AsSpan(row * 5, 5).ToArray(), alone);
        }
    }

    /// <summary>Where only input gradients are asked for, rows without gradient are skipped; the others' are the same to the bit.</summary>
    [Theory]
    [InlineData(Activation.Relu, false, 1), InlineData(Activation.Silu, true, 1), InlineData(Activation.Tanh, false, 3)]
    public void Rows_without_gradient_are_skipped_and_the_others_stay_the_same(Activation activation, bool norm, int outputs)
    {
        const int Rows = 150;
        using var group = Build(Engine.Simd, 1, new MlpSpecification(9, [70, 33], outputs) { Activation = activation, LayerNorm = norm });
        var inputs = NeuralTestData.Gaussian(RandomStream.Create(3), Rows * 9);
        float[] values = new float[Rows * outputs], gradients = NeuralTestData.Gaussian(RandomStream.Create(4), Rows * outputs);
        for (var row = 0; row < Rows; row++)
        {
            if (row % 3 != 1 && row != 147) { gradients.AsSpan(row * outputs, outputs).Clear(); }
        }
        float[] whole = new float[Rows * 9], skipping = [.. Enumerable.Repeat(7f, Rows * 9)];
        group["net"].ForwardTraining(inputs, Rows, values);
        group["net"].Backward(gradients, Rows, whole);
        group["net"].ForwardTraining(inputs, Rows, values);
        group["net"].Backward(gradients, Rows, skipping, parameterGradients: false);
        Assert.Equal(whole, skipping);
        Assert.Contains(whole, gradient => gradient != 0);
        group["net"].ForwardTraining(inputs, Rows, values);
        group["net"].Backward(new float[Rows * outputs], Rows, skipping, parameterGradients: false);
        Assert.All(skipping, gradient => Assert.Equal(0, gradient));
    }

    [Theory, InlineData(1), InlineData(2)]
    public void The_simd_engine_and_adam_allocate_nothing_after_the_first_call(int threads)
    {
        using var group = Build(Engine.Simd, threads, new MlpSpecification(17, [128, 128], 6) { LayerNorm = true });
        var adam = new Adam(group.Parameters, new AdamOptions());
        float[] inputs = new float[256 * 17], outputs = new float[256 * 6], inputGradients = new float[256 * 17];
        Update();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) { Update(); }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Update()
        {
            group.Parameters.ClearGradients();
            group["net"].Forward(inputs, 256, outputs);
            group["net"].ForwardTraining(inputs, 256, outputs);
            group["net"].Backward(outputs, 256, inputGradients);
            group.Parameters.ClipGradients(0.5);
            adam.Step(1e-3);
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public void Values_written_to_the_buffer_are_used_by_the_next_pass(Engine engine)
    {
        using var group = Build(engine, 1, new MlpSpecification(2, [], 1));
        var output = new float[1];
        group["net"].Forward([1, 1], 1, output);
        group.Parameters["net.0.weight"][0] = 3;
        group.Parameters["net.0.weight"][1] = 4;
        group.Parameters["net.0.bias"][0] = 0.5f;
        group["net"].Forward([1, 1], 1, output);
        Assert.Equal(7.5f, output[0]);
    }

    [Fact]
    public void Both_engines_step_the_same_buffer_to_the_same_values()
    {
        var random = RandomStream.Create(4);
        float[] inputs = NeuralTestData.Gaussian(random, 64 * 6), gradients = NeuralTestData.Gaussian(random, 64 * 2);
        var results = new[] { Engine.Simd, Engine.Torch }.Select(engine =>
        {
            using var group = Build(engine, 1, new MlpSpecification(6, [32, 32], 2));
            var adam = new Adam(group.Parameters, new AdamOptions { Epsilon = 1e-3 });
            for (var step = 0; step < 10; step++)
            {
                group.Parameters.ClearGradients();
                group["net"].ForwardTraining(inputs, 64, new float[128]);
                group["net"].Backward(gradients, 64, default);
                adam.Step(1e-3);
            }
            return group.Parameters.Values;
        }).ToArray();
        NeuralTestData.AssertClose([.. results[0].Select(value => (double)value)], results[1], 1e-5);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Wrong_lengths_and_orders_are_refused(Engine engine)
    {
        using var group = Build(engine, 1, new MlpSpecification(3, [4], 2));
        var network = group["net"];
        Assert.Contains("2 rows of 3 inputs needs 6 numbers; 5 were given", Assert.Throws<ArgumentException>(() => network.Forward(new float[5], 2, new float[4])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.Forward(new float[6], 2, new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Forward([], 0, []));
        Assert.Throws<InvalidOperationException>(() => network.Backward(new float[4], 2, default));
        network.ForwardTraining(new float[6], 2, new float[4]);
        Assert.Throws<InvalidOperationException>(() => network.Backward(new float[2], 1, default));
        network.Backward(new float[4], 2, default);
        Assert.Throws<InvalidOperationException>(() => network.Backward(new float[4], 2, default));
    }

    [Fact]
    public void Auto_takes_the_simd_engine_for_narrow_networks_and_torch_for_wide_ones()
    {
        using var narrow = Build(Engine.Auto, 1, new MlpSpecification(4, [64, 64], 2));
        using var wide = Build(Engine.Auto, 1, new MlpSpecification(4, [2 * MlpPart.WidestSimd], 2));
        Assert.IsNotType<TorchNetwork>(narrow["net"]);
        Assert.IsType<TorchNetwork>(wide["net"]);
    }

    private static NetworkGroup Build(Engine engine, int threads, MlpSpecification mlp) =>
        NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions { Engine = engine, Threads = threads }, new MlpPart("net", mlp));
}
