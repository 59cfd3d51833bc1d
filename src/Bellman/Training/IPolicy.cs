namespace Bellman;

/// <summary>Chooses actions for a batch of observations.</summary>
public interface IPolicy
{
    /// <summary>
    /// Writes an action for each of <paramref name="count"/> observations.
    /// </summary>
    /// <param name="observations">[count, observation size], elements of the observation space (not flattened).</param>
    /// <param name="count">Rows.</param>
    /// <param name="actions">[count, action size], elements of the action space.</param>
    /// <param name="random">The stream to sample from; null for the deterministic action (mode, mean or arg max).</param>
    void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random);
}

/// <summary>A policy that can be told which actions are available, and then chooses among these only.</summary>
public interface IMaskedPolicy : IPolicy
{
    /// <inheritdoc cref="IPolicy.Act"/>
    /// <param name="observations">[count, observation size], elements of the observation space (not flattened).</param>
    /// <param name="available">[count, flattened action size]: whether each choice is available; empty means that all are.</param>
    /// <param name="count">Rows.</param>
    /// <param name="actions">[count, action size], elements of the action space.</param>
    /// <param name="random">The stream to sample from; null for the deterministic action.</param>
    void Act(ReadOnlySpan<float> observations, ReadOnlySpan<bool> available, int count, Span<float> actions, RandomStream? random);
}
