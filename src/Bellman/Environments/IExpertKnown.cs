namespace Bellman;

/// <summary>An environment that somebody has written a good controller for: a reference, and what expert data is recorded from.</summary>
public interface IExpertKnown
{
    /// <summary>The controller, over the observations of this environment without wrappers.</summary>
    IPolicy CreateExpert();
}

/// <summary>A policy that is a function of one observation.</summary>
/// <param name="observationSize">Floats of an observation.</param>
/// <param name="actionSize">Floats of an action.</param>
/// <param name="act">Writes the action for an observation.</param>
public sealed class ScriptedPolicy(int observationSize, int actionSize, ScriptedPolicy.Rule act) : IPolicy
{
    /// <summary>Writes the action for an observation.</summary>
    public delegate void Rule(ReadOnlySpan<float> observation, Span<float> action);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        for (var i = 0; i < count; i++) { act(observations.Slice(i * observationSize, observationSize), actions.Slice(i * actionSize, actionSize)); }
    }
}
