namespace Bellman;

/// <summary>One way a step can go.</summary>
/// <param name="Probability">How likely it is, given state and action.</param>
/// <param name="Next">State that follows.</param>
/// <param name="Reward">Reward of the step (its mean, where the reward itself is random).</param>
/// <param name="Terminated">Whether the episode ends: the next state's value then counts as zero.</param>
public readonly record struct TabularOutcome(double Probability, int Next, double Reward, bool Terminated);

/// <summary>
/// The exact model of an environment with finitely many states, as planning reads it. Find it on a wrapped
/// environment with <c>environment.Find&lt;ITabularModel&gt;()</c>.
/// </summary>
public interface ITabularModel
{
    /// <summary>Number of states.</summary>
    int StateCount { get; }

    /// <summary>Number of actions, the same in every state.</summary>
    int ActionCount { get; }

    /// <summary>Probability that an episode begins in each state, [StateCount].</summary>
    ReadOnlySpan<double> InitialDistribution { get; }

    /// <summary>Every way that <paramref name="action"/> in <paramref name="state"/> can go; the probabilities sum to 1.</summary>
    ReadOnlySpan<TabularOutcome> Outcomes(int state, int action);

    /// <summary>The state that an observation of the environment shows.</summary>
    int StateOf(ReadOnlySpan<float> observation);
}
