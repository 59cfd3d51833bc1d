using Bellman.Neural;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Neural;

/// <summary>Both engines, and every vector width of this machine, compute what autograd computes.</summary>
public class NetworkAgreementTests
{
    private const int Iterations = 60;

    private static readonly Gen<MlpSpecification> Shapes = Gen.Select(
        Gen.Int[1, 40], Gen.Int[1, 150].List[0, 3], Gen.Int[1, 20], Gen.Enum<Activation>(), Gen.Enum<Activation>(), Gen.Bool,
        (inputs, hidden, outputs, activation, outputActivation, norm) => new MlpSpecification(inputs, hidden, outputs)
        {
            Activation = activation,
            OutputActivation = outputActivation,
            LayerNorm = norm,
            Initialization = Initialization.FanIn,
        });

    [Fact]
    public void Every_vector_width_agrees_with_autograd_over_random_shapes() => Check(Iterations, group =>
        VectorKernels.Available.Select(kernels => kernels.CreateNetwork(
            MlpLayout.Layers("net", ((MlpPart)group.Parts[0]).Mlp, group.Parameters), group.Parameters, new WorkerTeam(1))));

    [Fact]
    public void The_torch_engine_agrees_with_autograd_over_random_shapes() => Check(Iterations, group =>
        [new TorchNetwork(MlpLayout.Layers("net", ((MlpPart)group.Parts[0]).Mlp, group.Parameters), group.Parameters, 1)]);

    private static void Check(int iterations, Func<NetworkGroup, IEnumerable<INetwork>> build) =>
        Gen.Select(Shapes, Gen.Int[1, 150], Gen.ULong).Sample(
            (mlp, batch, seed) =>
            {
                var random = RandomStream.Create(seed);
                using var group = NetworkGroup.Create(random, new NetworkOptions { Engine = Engine.Simd }, new MlpPart("net", mlp));
                var inputs = NeuralTestData.Gaussian(random, batch * mlp.Inputs);
                var outputGradients = NeuralTestData.Gaussian(random, batch * mlp.Outputs);
                var expected = AutogradReference.Compute(mlp, group.Parameters, "net", inputs, outputGradients);
                if (!expected.WellConditioned) { return; }
                foreach (var network in build(group)) { using (network) { Compare(network, group.Parameters, inputs, outputGradients, batch, expected); } }
            },
            iter: iterations, threads: 1);

    private static void Compare(INetwork network, ParameterBuffer parameters, float[] inputs, float[] outputGradients, int batch, AutogradReference.Result expected)
    {
        var outputs = new float[outputGradients.Length];
        var inputGradients = new float[inputs.Length];
        network.Forward(inputs, batch, outputs);
        AssertClose(expected.Outputs, outputs);

        parameters.ClearGradients();
        network.ForwardTraining(inputs, batch, outputs);
        AssertClose(expected.Outputs, outputs);
        network.Backward(outputGradients, batch, inputGradients);
        AssertClose(expected.InputGradients, inputGradients);
        AssertClose(expected.ParameterGradients, parameters.Gradients);

        // Gradients add; without parameter gradients only the inputs' are written.
        Array.Clear(inputGradients);
        network.ForwardTraining(inputs, batch, outputs);
        network.Backward(outputGradients, batch, inputGradients, parameterGradients: false);
        AssertClose(expected.InputGradients, inputGradients);
        AssertClose(expected.ParameterGradients, parameters.Gradients);
        network.ForwardTraining(inputs, batch, outputs);
        network.Backward(outputGradients, batch, default);
        AssertClose([.. expected.ParameterGradients.Select(value => 2 * value)], parameters.Gradients);
    }

    /// <summary>
    /// To 1e-5 of the largest, or 1e-7 where all are small: inputs are of order one, and what nearly cancels (gradients through the norm of a layer
    /// of two) keeps the rounding of its terms.
    /// </summary>
    private static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual) =>
        NeuralTestData.AssertClose(expected, actual, tolerance: 1e-5, smallest: 1e-2);
}
