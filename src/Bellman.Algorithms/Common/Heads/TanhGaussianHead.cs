using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>A Gaussian squashed into the bounds of a Box. The action is stored before it is squashed, u: the squashed one loses it near the bounds.</summary>
internal sealed class TanhGaussianHead(Box box) : ActionHead
{
    public override int Outputs => box.Size;

    public override int ActionSize => box.Size;

    public override int FreeParameters => box.Size;

    public override PolicyReadout Readout => new ContinuousReadout(Squashed: true);

    public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
    {
        if (random is null) { outputs.CopyTo(action); } else { DiagonalGaussian.Sample(outputs, free, random, action); }
    }

    public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action) =>
        TanhGaussian.LogProbability(outputs, free, action);

    public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free) => TanhGaussian.Entropy(outputs, free);

    public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient)
    {
        TanhGaussian.AddGradient(outputs, free, action, logProbabilityWeight, outputGradient, freeGradient);
        if (entropyWeight != 0) { TanhGaussian.AddEntropyGradient(outputs, free, entropyWeight, outputGradient, freeGradient); }
    }

    public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element)
    {
        TanhGaussian.Squash(action, element);
        for (var i = 0; i < element.Length; i++) { element[i] = BoxScale.FromUnit(box, i, 0.5f * (element[i] + 1)); }
    }
}
