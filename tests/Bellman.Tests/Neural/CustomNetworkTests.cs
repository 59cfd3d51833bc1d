using Bellman.Neural;
using CustomNetwork;
using Xunit;

namespace Bellman.Tests.Neural;

/// <summary>How to check a network of one's own: the sample's, against central differences. Fails when the derivative of the sine is left out, which training hardly shows.</summary>
public class CustomNetworkTests
{
    [Fact]
    public void Gradients_of_the_sample_s_trunk_are_slopes()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new FourierTrunk().CreateTrunk("trunk", new Box(-1, 1, 3)));
        var (network, random) = (group["trunk"], RandomStream.Create(2));
        float[] inputs = NeuralTestData.Gaussian(random, 6), weights = NeuralTestData.Gaussian(random, 2 * network.Outputs), byInput = new float[6];
        network.ForwardTraining(inputs, 2, new float[weights.Length]);
        network.Backward(weights, 2, byInput);
        var analytic = group.Parameters.Gradients.ToArray();
        for (var i = 0; i < analytic.Length; i += 29) { Near(Slope(group.Parameters.Values, i), analytic[i]); }
        for (var i = 0; i < inputs.Length; i++) { Near(Slope(inputs, i), byInput[i]); }

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
            var outputs = new float[weights.Length];
            network.Forward(inputs, 2, outputs);
            return outputs.Zip(weights, (a, b) => (double)a * b).Sum();
        }

        static void Near(double expected, float actual) => Assert.Equal(expected, actual, 2e-2 * (1 + Math.Abs(expected)));
    }
}
