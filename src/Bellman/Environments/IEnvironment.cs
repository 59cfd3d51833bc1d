namespace Bellman;

/// <summary>What one step returned besides the observation.</summary>
/// <param name="Reward">The reward of the step that was just taken.</param>
/// <param name="Terminated">The task itself ended: there is no value beyond this state.</param>
/// <param name="Truncated">The episode was cut short (a time limit): the final observation still has a value.</param>
public readonly record struct StepResult(double Reward, bool Terminated = false, bool Truncated = false)
{
    /// <summary>Whether the episode is over, for either reason.</summary>
    public bool Done => Terminated || Truncated;
}

/// <summary>
/// A task, written once for a single copy. It draws only from the stream it is handed, so that copies, threads and
/// resumed runs all see the same world.
/// </summary>
public interface IEnvironment : IStateful
{
    /// <summary>What <see cref="Reset"/> and <see cref="Step"/> write.</summary>
    Space ObservationSpace { get; }

    /// <summary>What <see cref="Step"/> accepts.</summary>
    Space ActionSpace { get; }

    /// <summary>Begins an episode and writes its first observation, <c>ObservationSpace.Size</c> floats.</summary>
    void Reset(RandomStream random, Span<float> observation);

    /// <summary>
    /// Takes <paramref name="action"/> (<c>ActionSpace.Size</c> floats) and writes the observation that follows,
    /// also when the episode ends with it.
    /// </summary>
    StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation);
}

/// <summary>An environment that can show itself.</summary>
public interface IRenderable
{
    /// <summary>The state as text for a terminal (ANSI colours allowed), lines separated by '\n'.</summary>
    string RenderText();

    /// <summary>The state as a picture; the size does not change between calls.</summary>
    RgbImage RenderImage();
}

/// <summary>An environment in which some discrete actions are unavailable in some states.</summary>
public interface IActionMask
{
    /// <summary>Writes, for each action of the flattened action space, whether it is available now; at least one is.</summary>
    void WriteActionMask(Span<bool> available);
}
