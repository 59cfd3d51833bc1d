namespace Bellman.Algorithms;

/// <summary>Whether a task ends in a state: what a learned model cannot be trusted with, because data hold few ends.</summary>
/// <param name="next">The observation that an action led to.</param>
public delegate bool TerminalFunction(ReadOnlySpan<float> next);

/// <summary>The terminal functions of known tasks, by name.</summary>
public static class TerminalFunctions
{
    /// <summary>The name that takes the environment's own.</summary>
    public const string Automatic = "auto";

    private static readonly (string Name, string[] Environments, TerminalFunction Function)[] Known =
    [
        ("never", ["Pendulum-", "HalfCheetah-", "Reacher-", "PlanarPeg-"], _ => false),
        ("hopper", ["Hopper-"], Hopper),
        ("walker2d", ["Walker2d-"], Walker2d),
        ("invertedPendulum", ["InvertedPendulum-"], next => Math.Abs(next[1]) > 0.2f),
        ("mountainCar", ["MountainCarContinuous-"], MountainCar),
    ];

    /// <summary>The function of a name; <see cref="Automatic"/> finds it by the environment.</summary>
    /// <param name="name">One of the known names.</param>
    /// <param name="environment">The environment's id.</param>
    /// <exception cref="UsageException">The name or, with <see cref="Automatic"/>, the environment is not known; the message lists what is valid.</exception>
    public static TerminalFunction Find(string name, string environment)
    {
        var found = Known.FirstOrDefault(entry => name.Equals(Automatic, StringComparison.OrdinalIgnoreCase)
            ? entry.Environments.Any(prefix => environment.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            : entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (found.Function is { } function) { return function; }
        var names = string.Join(", ", Known.Select(entry => entry.Name));
        throw name.Equals(Automatic, StringComparison.OrdinalIgnoreCase)
            ? new UsageException(
                $"No terminal function is known for environment {environment}: a learned model cannot say when its episodes end. Known are " +
                $"{string.Join(", ", Known.SelectMany(entry => entry.Environments).Select(prefix => prefix.TrimEnd('-')))}. Give one with --set terminal=NAME ({names}; never if no state ends the task), or hand a TerminalFunction to the agent in C#.")
            : NearNames.Unknown("terminal function", name, Known.Select(entry => entry.Name), $"There are: {Automatic}, {names}.");
    }

    /// <summary>A hopper is up while all is finite, no number but the height reaches 100, its height is above 0.7 and its angle within 0.2.</summary>
    public static bool Hopper(ReadOnlySpan<float> next)
    {
        var (height, angle) = (next[0], next[1]);
        var whole = true;
        for (var i = 0; i < next.Length; i++) { whole &= float.IsFinite(next[i]) && (i == 0 || Math.Abs(next[i]) < 100); }
        return !(whole && height > 0.7f && Math.Abs(angle) < 0.2f);
    }

    /// <summary>A walker is up while 0.8 &lt; height &lt; 2 and -1 &lt; angle &lt; 1.</summary>
    public static bool Walker2d(ReadOnlySpan<float> next) => !(next[0] > 0.8f && next[0] < 2f && next[1] > -1f && next[1] < 1f);

    private static bool MountainCar(ReadOnlySpan<float> next) => next[0] >= 0.45f && next[1] >= 0;
}
