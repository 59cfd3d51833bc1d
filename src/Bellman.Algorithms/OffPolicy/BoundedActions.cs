namespace Bellman.Algorithms;

/// <summary>Actions in [-1, 1] inside an algorithm and in the Box of its environment outside.</summary>
public sealed class BoundedActions
{
    private readonly Box box;

    private BoundedActions(Box box) => this.box = box;

    /// <summary>The scaling to <paramref name="space"/> for the algorithm of the given name.</summary>
    /// <exception cref="UsageException">The space is not a Box, or has an infinite bound.</exception>
    public static BoundedActions For(Space space, string algorithm) => space switch
    {
        Box { IsBounded: true } box => new BoundedActions(box),
        Box => throw new UsageException($"{algorithm} needs actions with finite bounds; this environment's are {space}. Bound them in the environment (RescaleAction stretches any finite range), or use ppo."),
        _ => throw new UsageException($"{algorithm} chooses continuous actions from a Box; this environment's are {space}. Use dqn, discrete-sac or ppo for it."),
    };

    /// <summary>The Box of the environment.</summary>
    public Box Bounds => box;

    /// <summary>Floats of an action.</summary>
    public int Size => box.Size;

    /// <summary>The action in [-1, 1] that <see cref="ToEnvironment"/> stretches to this element.</summary>
    public void FromEnvironment(ReadOnlySpan<float> element, Span<float> action)
    {
        for (var i = 0; i < element.Length; i++)
        {
            var (low, high) = (box.Low[i], box.High[i]);
            action[i] = high > low ? Math.Clamp(2 * (element[i] - low) / (high - low) - 1, -1, 1) : 0;
        }
    }

    /// <summary>low + (a + 1)/2 (high - low), exact at the bounds.</summary>
    public void ToEnvironment(ReadOnlySpan<float> action, Span<float> element)
    {
        for (var i = 0; i < element.Length; i++)
        {
            var (low, high) = (box.Low[i], box.High[i]);
            element[i] = Math.Clamp(low + (action[i] + 1) * 0.5f * (high - low), low, high);
        }
    }
}
