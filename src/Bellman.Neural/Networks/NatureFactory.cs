namespace Bellman.Neural;

/// <summary>
/// The convolutions of Mnih et al. 2015 ("Human-level control through deep reinforcement learning"): 32 of 8 x 8 stride 4, 64 of
/// 4 x 4 stride 2, 64 of 3 x 3 stride 1, then 512 features; for pictures [height, width, channels] of at least 36 x 36, or stacks
/// of them [frames, height, width, channels], whose frames become channels.
/// </summary>
public sealed class NatureFactory : INetworkFactory
{
    private const int SmallestSide = 36;
    private const int Features = 512;

    /// <summary>Whether these convolutions can read the space.</summary>
    public static bool Fits(Space observations) => observations is Box { Shape: [>= SmallestSide, >= SmallestSide, _] or [_, >= SmallestSide, >= SmallestSide, _] };

    /// <inheritdoc/>
    public NetworkPart CreateTrunk(string name, Space observations)
    {
        if (observations is not Box box || !Fits(observations))
        {
            throw new UsageException($"The nature convolutions read pictures [height, width, channels] of at least {SmallestSide} x {SmallestSide}, or stacks of them; this environment shows {observations}. Take network=mlp, or give the agent a network of your own.");
        }
        var (height, width, channels) = (box.Shape[^3], box.Shape[^2], box.Shape[^1]);
        var frames = box.Shape.Count == 4 ? box.Shape[0] : 1;
        var convolutions = new ConvolutionPart($"{name}.convolutions", height, width, frames * channels, [new(32, 8, 4), new(64, 4, 2), new(64, 3, 1)]);
        var features = new MlpPart($"{name}.features", new MlpSpecification(convolutions.Outputs, [], Features) { OutputActivation = Activation.Relu, OutputGain = MathF.Sqrt(2) });
        return frames == 1 ? new ChainPart(name, [convolutions, features])
            : new ChainPart(name, [new FramesPart($"{name}.frames", frames, height * width, channels), convolutions, features]);
    }
}
