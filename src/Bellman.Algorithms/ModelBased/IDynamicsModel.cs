namespace Bellman.Algorithms;

/// <summary>What follows an action: the ground of imagined transitions. Learned from data, or the environment itself.</summary>
public interface IDynamicsModel : IStateful, IDisposable
{
    /// <summary>Predicts s', r and whether the task ends.</summary>
    /// <param name="observations">[count, observation size], as the environment writes them.</param>
    /// <param name="actions">[count, action size], in [-1, 1] as learners store them.</param>
    /// <param name="count">Rows.</param>
    /// <param name="next">[count, observation size], written.</param>
    /// <param name="rewards">[count], written.</param>
    /// <param name="terminated">[count], written: whether there is nothing to bootstrap from.</param>
    /// <param name="random">Where chances of the prediction are drawn from.</param>
    void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, Span<float> next, Span<float> rewards, Span<bool> terminated, RandomStream random);

    /// <summary>Learns from all transitions of <paramref name="data"/>; the true dynamics have nothing to learn.</summary>
    void Fit(ReplayBuffer data, IMetricSink metrics) { }
}
