namespace Bellman.Algorithms.Imitation;

/// <summary>
/// Someone who watches a learner and takes over when they see fit: a person, a rule around an expert policy. Actions are those of the
/// environment. It remembers nothing between calls; what it draws, it draws from the stream that it is handed.
/// </summary>
public interface IInterventionSource
{
    /// <summary>Whether to take over here, given what the learner is about to do.</summary>
    /// <param name="observation">What both see.</param>
    /// <param name="proposed">The learner's action, which is not executed if the answer is yes.</param>
    /// <param name="random">For rules that draw.</param>
    bool Decide(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, RandomStream random);

    /// <summary>Writes what the expert does here.</summary>
    void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random);
}

/// <summary>Decisions and actions of your own: a person at a joystick, a remote operator.</summary>
/// <param name="decide">Whether to take over, from observation and proposed action.</param>
/// <param name="act">Writes the action for an observation.</param>
public sealed class DelegateInterventions(InterventionDecision decide, InterventionAction act) : IInterventionSource
{
    /// <inheritdoc/>
    public bool Decide(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed, RandomStream random) => decide(observation, proposed);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observation, Span<float> action, RandomStream random) => act(observation, action);
}

/// <summary>Whether to take over from a learner that is about to do <paramref name="proposed"/>.</summary>
public delegate bool InterventionDecision(ReadOnlySpan<float> observation, ReadOnlySpan<float> proposed);

/// <summary>Writes the expert's action.</summary>
public delegate void InterventionAction(ReadOnlySpan<float> observation, Span<float> action);
