using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The trunk of the options: a multilayer perceptron, its last hidden layer being the features.</summary>
internal sealed class MlpFactory(int[] hidden, Activation activation) : INetworkFactory
{
    public NetworkPart CreateTrunk(string name, Space observations)
    {
        if (hidden.Length == 0)
        {
            throw new UsageException("A trunk needs at least one hidden layer. Give option hidden a width, e.g. hidden=64,64.");
        }
        return new MlpPart(name, new MlpSpecification(observations.FlatSize, hidden[..^1], hidden[^1])
        {
            Activation = activation,
            OutputActivation = activation,
            OutputGain = MathF.Sqrt(2),
        });
    }
}
