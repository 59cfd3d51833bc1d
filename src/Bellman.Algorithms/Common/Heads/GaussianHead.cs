using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Actions live in [-1, 1] inside the algorithm and are rescaled to a bounded Box; drawn outside, they are clipped.</summary>
internal sealed class GaussianHead(Box box) : ActionHead
{
    public override int Outputs => box.Size;

    public override int ActionSize => box.Size;

    public override int FreeParameters => box.Size;

    public override PolicyReadout Readout => new ContinuousReadout(Squashed: false);

    public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
    {
        if (random is null) { outputs.CopyTo(action); } else { DiagonalGaussian.Sample(outputs, free, random, action); }
    }

    public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action) =>
        DiagonalGaussian.LogProbability(outputs, free, action);

    public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free) => DiagonalGaussian.Entropy(free);

    public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient) =>
        DiagonalGaussian.AddGradient(outputs, free, action, logProbabilityWeight, entropyWeight, outputGradient, freeGradient);

    public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element) => BoxScale.Clip(box, action, element);
}
