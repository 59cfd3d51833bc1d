namespace Bellman.Algorithms;

/// <summary>
/// What one copy went through in one step, or in a few that are taken together. Next observation is the true one that
/// followed, also where the episode ended and the environment was reset. The spans are valid during the call that hands
/// them over.
/// </summary>
/// <param name="copy">Which copy of the environment.</param>
/// <param name="observation">s.</param>
/// <param name="action">a, as the learner stores it.</param>
/// <param name="reward">r.</param>
/// <param name="nextObservation">s'.</param>
/// <param name="terminated">Whether the task ended: there is nothing to bootstrap from.</param>
/// <param name="truncated">Whether a limit cut the episode: s' is still worth its value.</param>
/// <param name="steps">Environment steps from s to s'.</param>
public readonly ref struct Transition(
    int copy, ReadOnlySpan<float> observation, ReadOnlySpan<float> action, float reward, ReadOnlySpan<float> nextObservation, bool terminated, bool truncated,
    int steps = 1)
{
    /// <summary>Which copy of the environment.</summary>
    public int Copy { get; } = copy;

    /// <summary>s.</summary>
    public ReadOnlySpan<float> Observation { get; } = observation;

    /// <summary>a, as the learner stores it.</summary>
    public ReadOnlySpan<float> Action { get; } = action;

    /// <summary>r.</summary>
    public float Reward { get; } = reward;

    /// <summary>s'.</summary>
    public ReadOnlySpan<float> NextObservation { get; } = nextObservation;

    /// <summary>Whether the task ended: there is nothing to bootstrap from.</summary>
    public bool Terminated { get; } = terminated;

    /// <summary>Whether a limit cut the episode: s' is still worth its value.</summary>
    public bool Truncated { get; } = truncated;

    /// <summary>Environment steps from s to s'.</summary>
    public int Steps { get; } = steps;

    /// <summary>Whether the episode is over, for either reason.</summary>
    public bool Done => Terminated || Truncated;
}

/// <summary>
/// Takes transitions in the order they happen. Stages that change them (n-step returns, relabelled goals) implement it
/// and hand on to the next; the last one is a <see cref="ReplayStore"/>.
/// </summary>
public interface ITransitionSink : IStateful
{
    /// <summary>Takes one transition; those of a copy arrive in order.</summary>
    void Add(in Transition transition);
}

/// <summary>Stores transitions in replay and tells who samples from it.</summary>
public sealed class ReplayStore(ReplayBuffer replay, IReplaySampler sampler) : ITransitionSink
{
    /// <inheritdoc/>
    public void Add(in Transition transition) => sampler.Added(
        replay.Add(transition.Observation, transition.Action, transition.Reward, transition.NextObservation, transition.Terminated, transition.Steps));

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(replay), replay);
        state.Part(nameof(sampler), sampler);
    }
}
