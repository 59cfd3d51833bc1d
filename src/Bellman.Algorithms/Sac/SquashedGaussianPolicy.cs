using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Acts by a Gaussian squashed into the action's bounds; without a stream by its median, tanh(μ).</summary>
public sealed class SquashedGaussianPolicy(EncodedNetwork actor, LogDeviationBound bound, BoundedActions bounds) : IDescribedPolicy
{
    private float[] inner = [];

    /// <inheritdoc/>
    public PolicyDescription Describe() => actor.Describe(bounds.Bounds, new ContinuousReadout(Squashed: true));

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        if (inner.Length < count * bounds.Size) { inner = new float[count * bounds.Size]; }
        var outputs = actor.Forward(observations, count);
        Draw(outputs, bounds.Size, bound, random, inner.AsSpan(0, count * bounds.Size));
        for (var i = 0; i < count; i++)
        {
            bounds.ToEnvironment(inner.AsSpan(i * bounds.Size, bounds.Size), actions.Slice(i * bounds.Size, bounds.Size));
        }
    }

    /// <summary>Draws actions [count, size] in (-1, 1) of an actor's outputs, each row means before log deviations; medians if <paramref name="random"/> is null.</summary>
    internal static void Draw(ReadOnlySpan<float> outputs, int size, LogDeviationBound bound, RandomStream? random, Span<float> actions)
    {
        for (var start = 0; start < actions.Length; start += size)
        {
            for (var i = 0; i < size; i++)
            {
                // a = tanh(μ + σ ε)
                var unsquashed = outputs[2 * start + i];
                if (random is not null)
                {
                    unsquashed += MathF.Exp(TanhGaussianBatch.Bounded(bound, outputs[2 * start + size + i])) * (float)random.NextGaussian();
                }
                actions[start + i] = MathF.Tanh(unsquashed);
            }
        }
    }
}
