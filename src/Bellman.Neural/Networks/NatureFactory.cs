namespace Bellman.Neural;

/// <summary>
/// The convolutions of Mnih et al. 2015 ("Human-level control through deep reinforcement learning"): 32 of 8 x 8 stride 4, 64 of
/// 4 x 4 stride 2, 64 of 3 x 3 stride 1, then 512 features; for pictures [height, width, channels] of at least 36 x 36.
/// </summary>
public sealed class NatureFactory : INetworkFactory
{
    private const int SmallestSide = 36;
    private const int Features = 512;

    /// <summary>Whether these convolutions can read the space.</summary>
    public static bool Fits(Space observations) => observations is Box { Shape: [>= SmallestSide, >= SmallestSide, _] };

    /// <inheritdoc/>
    public NetworkPart CreateTrunk(string name, Space observations)
    {
        if (observations is not Box { Shape: [var height, var width, var channels] } || !Fits(observations))
        {
            throw new UsageException($"The nature convolutions read pictures [height, width, channels] of at least {SmallestSide} x {SmallestSide}; this environment shows {observations}. Take network=mlp, or give the agent a network of your own.");
        }
        var convolutions = new ConvolutionPart($"{name}.convolutions", height, width, channels, [new(32, 8, 4), new(64, 4, 2), new(64, 3, 1)]);
        var features = new MlpSpecification(convolutions.Outputs, [], Features) { OutputActivation = Activation.Relu, OutputGain = MathF.Sqrt(2) };
        return new ChainPart(name, [convolutions, new MlpPart($"{name}.features", features)]);
    }
}
