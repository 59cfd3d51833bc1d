namespace Bellman.Algorithms;

/// <summary>
/// The learning half of an actor-critic: updates from batches, wherever they come from. It knows no environment, so
/// replay, datasets and models can all feed it.
/// </summary>
public interface IOffPolicyLearner : IStateful, IDisposable
{
    /// <summary>Draws the actions to collect with, as the learner stores them, from encoded observations [count, size].</summary>
    void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random);

    /// <summary>One update of everything it learns.</summary>
    /// <param name="batch">Of the size the learner was made for.</param>
    /// <param name="metrics">Hears of losses.</param>
    void Update(ReplayBatch batch, IMetricSink metrics);

    /// <summary>[batch]: the size of the critics' errors in the last update, for samplers that prefer large ones; empty where they are not of the rows that a sampler chose.</summary>
    ReadOnlySpan<float> Errors { get; }

    /// <summary>The policy as it stands, acting on observations as the environment shows them.</summary>
    IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace);
}
