using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// A beta distribution over the range of each component of a bounded Box, with α = 1 + softplus(o₁) and β = 1 + softplus(o₂):
/// both above 1, so that it has one peak (Chou et al. 2017, "Improving stochastic policy gradients in continuous control with
/// deep reinforcement learning using the beta distribution").
/// </summary>
internal sealed class BetaHead(Box box) : ActionHead
{
    private readonly float[] parameters = new float[2 * box.Size];
    private readonly float[] gradients = new float[2 * box.Size];

    public override int Outputs => 2 * box.Size;

    public override int ActionSize => box.Size;

    private ReadOnlySpan<float> Alpha => parameters.AsSpan(0, box.Size);

    private ReadOnlySpan<float> Beta => parameters.AsSpan(box.Size);

    public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
    {
        Read(outputs);
        if (random is null) { BetaDistribution.Mean(Alpha, Beta, action); } else { BetaDistribution.Sample(Alpha, Beta, random, action); }
    }

    public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action)
    {
        Read(outputs);
        return BetaDistribution.LogProbability(Alpha, Beta, action);
    }

    public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free)
    {
        Read(outputs);
        return BetaDistribution.Entropy(Alpha, Beta);
    }

    public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient)
    {
        Read(outputs);
        Array.Clear(gradients);
        BetaDistribution.AddGradient(Alpha, Beta, action, logProbabilityWeight, entropyWeight, gradients.AsSpan(0, box.Size), gradients.AsSpan(box.Size));
        // d softplus(o)/do = sigmoid(o)
        for (var i = 0; i < outputs.Length; i++) { outputGradient[i] += gradients[i] / (1 + MathF.Exp(-outputs[i])); }
    }

    public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element)
    {
        for (var i = 0; i < element.Length; i++) { element[i] = BoxScale.FromUnit(box, i, action[i]); }
    }

    private void Read(ReadOnlySpan<float> outputs)
    {
        for (var i = 0; i < outputs.Length; i++)
        {
            // softplus(o) = max(o, 0) + ln(1 + exp(-|o|))
            parameters[i] = 1 + MathF.Max(outputs[i], 0) + MathF.Log(1 + MathF.Exp(-MathF.Abs(outputs[i])));
        }
    }
}
