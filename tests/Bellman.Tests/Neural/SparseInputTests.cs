using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

/// <summary>Inputs that are mostly zero take a path of their own, with the same results.</summary>
public sealed class SparseInputTests
{
    private const int Inputs = 100;
    private const int Rows = 70;

    [Fact]
    public void Sparse_rows_give_the_same_bits_as_in_a_dense_batch()
    {
        foreach (var kernels in VectorKernels.Available)
        {
            using var group = Build(out var layers);
            using var network = kernels.CreateNetwork(layers, group.Parameters, new WorkerTeam(1));
            var inputs = SparseInputs();
            var sparse = new float[Rows * 3];
            network.Forward(inputs, Rows, sparse);
            // As many rows of ones behind them make the batch dense.
            var mixed = new float[2 * Rows * Inputs];
            inputs.CopyTo(mixed, 0);
            Array.Fill(mixed, 1, Rows * Inputs, Rows * Inputs);
            var dense = new float[2 * Rows * 3];
            network.Forward(mixed, 2 * Rows, dense);
            Assert.Equal(dense[..(Rows * 3)], sparse);
        }
    }

    [Fact]
    public void Gradients_of_sparse_rows_agree_with_autograd_on_every_vector_width()
    {
        foreach (var kernels in VectorKernels.Available)
        {
            using var group = Build(out var layers);
            using var network = kernels.CreateNetwork(layers, group.Parameters, new WorkerTeam(1));
            var inputs = SparseInputs();
            var outputGradients = NeuralTestData.Gaussian(RandomStream.Create(2), Rows * 3);
            var expected = AutogradReference.Compute(((MlpPart)group.Parts[0]).Mlp, group.Parameters, "net", inputs, outputGradients);
            float[] outputs = new float[Rows * 3], inputGradients = new float[Rows * Inputs];
            network.ForwardTraining(inputs, Rows, outputs);
            network.Backward(outputGradients, Rows, inputGradients);
            NeuralTestData.AssertClose(expected.Outputs, outputs, 1e-5);
            NeuralTestData.AssertClose(expected.InputGradients, inputGradients, 1e-5);
            NeuralTestData.AssertClose(expected.ParameterGradients, group.Parameters.Gradients, 1e-5);
        }
    }

    [Fact]
    public void Only_wide_inputs_with_at_most_an_eighth_of_their_numbers_set_count_as_sparse()
    {
        var inputs = new float[64];
        Assert.True(SparseKernel<float, OperationsScalar>.Suits(inputs, 64));
        Array.Fill(inputs, 1, 0, 8);
        Assert.True(SparseKernel<float, OperationsScalar>.Suits(inputs, 64));
        inputs[20] = -1;
        Assert.False(SparseKernel<float, OperationsScalar>.Suits(inputs, 64));
        Assert.False(SparseKernel<float, OperationsScalar>.Suits(new float[64], 16));
    }

    private static NetworkGroup Build(out DenseLayout[] layers)
    {
        var mlp = new MlpSpecification(Inputs, [33], 3) { Activation = Activation.Tanh };
        var group = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions { Engine = Engine.Simd }, new MlpPart("net", mlp));
        layers = MlpLayout.Layers("net", mlp, group.Parameters);
        return group;
    }

    /// <summary>Rows with none to three numbers.</summary>
    private static float[] SparseInputs()
    {
        var random = RandomStream.Create(1);
        var inputs = new float[Rows * Inputs];
        for (var row = 0; row < Rows; row++)
        {
            for (var i = random.NextInt32(4); i > 0; i--) { inputs[row * Inputs + random.NextInt32(Inputs)] = (float)random.NextGaussian(); }
        }
        return inputs;
    }
}
