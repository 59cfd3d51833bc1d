using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// A Gaussian whose noise depends on the policy's features (<see cref="StateDependentGaussian"/>): its outputs are the means
/// and the features. Each copy has a noise matrix of its own, drawn anew now and then.
/// </summary>
internal sealed class StateDependentHead(Box box, int features) : ActionHead
{
    private readonly float[] knownFree = new float[features * box.Size];
    private readonly float[] variances = new float[features * box.Size];
    private float[] noise = [];
    private bool known;

    public override int Outputs => box.Size + features;

    public override int LayerOutputs => box.Size;

    public override bool ReadsFeatures => true;

    public override int ActionSize => box.Size;

    public override int FreeParameters => features * box.Size;

    private int Actions => box.Size;

    // Features near 1 in magnitude then give the deviation that a plain Gaussian begins with.
    public override float InitialFree(double logStandardDeviation) => (float)(logStandardDeviation - 0.5 * Math.Log(features));

    public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
    {
        var (mean, phi) = (0..Actions, Actions..);
        if (random is null) { outputs[mean].CopyTo(action); } else { StateDependentGaussian.Sample(outputs[mean], outputs[phi], Variances(free), random, action); }
    }

    public override void Explore(int copy, ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream random, Span<float> action) =>
        StateDependentGaussian.Explore(outputs[..Actions], outputs[Actions..], noise.AsSpan(copy * FreeParameters, FreeParameters), action);

    public override void DrawNoise(int copies, ReadOnlySpan<float> free, RandomStream random)
    {
        if (noise.Length < copies * FreeParameters) { noise = new float[copies * FreeParameters]; }
        var own = Variances(free);
        for (var copy = 0; copy < copies; copy++) { StateDependentGaussian.SampleNoise(own, random, noise.AsSpan(copy * FreeParameters, FreeParameters)); }
    }

    public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action) =>
        StateDependentGaussian.LogProbability(outputs[..Actions], outputs[Actions..], Variances(free), action);

    public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free) => StateDependentGaussian.Entropy(outputs[Actions..], Variances(free));

    public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient) =>
        StateDependentGaussian.AddGradient(outputs[..Actions], outputs[Actions..], Variances(free), action, logProbabilityWeight, entropyWeight, outputGradient[..Actions], freeGradient);

    public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element) => BoxScale.Clip(box, action, element);

    /// <summary>Anyone may change the free parameters at any time: they are compared, which costs less than their exponentials.</summary>
    private ReadOnlySpan<float> Variances(ReadOnlySpan<float> free)
    {
        if (!known || !free.SequenceEqual(knownFree))
        {
            free.CopyTo(knownFree);
            StateDependentGaussian.Variances(free, variances);
            known = true;
        }
        return variances;
    }
}
