using Bellman.Algorithms.Imitation;
using Bellman.Algorithms.Linear;
using Bellman.Environments;

namespace Bellman.Papers.InterventionRl;

/// <summary>The discounted linear-quadratic regulator of <see cref="PushPoint"/>: policy a_ref = clip(-K s) and values Q_ref, which are negative.</summary>
public sealed class PushPointReference : IPolicy, IReferenceValue
{
    private readonly LinearQuadraticRegulator regulator = new(
        new double[,] { { 1, 0, PushPoint.TimeStep, 0 }, { 0, 1, 0, PushPoint.TimeStep }, { 0, 0, PushPoint.Drag, 0 }, { 0, 0, 0, PushPoint.Drag } },
        new double[,] { { 0, 0 }, { 0, 0 }, { PushPoint.Push, 0 }, { 0, PushPoint.Push } },
        new double[,] { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 0.05, 0 }, { 0, 0, 0, 0.05 } },
        new double[,] { { 0.05, 0 }, { 0, 0.05 } }, discount: 0.97);

    private readonly double[] action = new double[2];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        for (var row = 0; row < count; row++)
        {
            regulator.Act(observations.Slice(4 * row, 4), action);
            for (var k = 0; k < 2; k++) { actions[2 * row + k] = (float)Math.Clamp(action[k], -1, 1); }
        }
    }

    /// <inheritdoc/>
    public double Value(ReadOnlySpan<float> observation, ReadOnlySpan<float> action) => regulator.Value(observation, action);
}

/// <summary>
/// An expert of quality q from 0 to 1: clip(q a_ref + (1 - q) u + (1 - q) (0.5, -0.5)), u uniform in [-1, 1]² and fresh in each step. Without a
/// stream u is 0.
/// </summary>
/// <param name="quality">q; 1 is the reference.</param>
public sealed class PushPointExpert(double quality) : IPolicy
{
    private readonly PushPointReference reference = new();

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        reference.Act(observations, count, actions, null);
        for (var i = 0; i < 2 * count; i++)
        {
            var noise = random is null ? 0 : random.NextUniform(-1, 1);
            var pull = i % 2 == 0 ? 0.5 : -0.5;
            actions[i] = (float)Math.Clamp(quality * actions[i] + (1 - quality) * (noise + pull), -1, 1);
        }
    }
}
