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

    /// <summary>
    /// Tells a policy with memory which rows of the next <see cref="Act"/> begin an episode: it forgets what it remembered
    /// of them. Rows are copies: row i is the same copy from call to call.
    /// </summary>
    /// <param name="begins">[count].</param>
    void Begin(ReadOnlySpan<bool> begins) { }

    /// <summary>Tells a policy that asks for a return what its last actions earned: it then asks for what is left.</summary>
    /// <param name="rewards">[count].</param>
    void Earned(ReadOnlySpan<float> rewards) { }
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
