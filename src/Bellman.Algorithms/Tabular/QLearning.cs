namespace Bellman.Algorithms.Tabular;

/// <summary>One-step Q-learning on a table (Watkins 1989): off-policy, towards the greedy value of the next state.</summary>
/// <param name="table">The values that are learned.</param>
/// <param name="alpha">Learning rate, above 0 and at most 1.</param>
/// <param name="gamma">Discount, from 0 to 1.</param>
public sealed class QLearning(QTable table, double alpha, double gamma)
{
    /// <summary>The values.</summary>
    public QTable Table { get; } = table;

    /// <summary>
    /// Learns from one transition. A <paramref name="terminated"/> one has no value beyond its reward; a truncated one does, so pass
    /// false for it.
    /// </summary>
    public void Learn(int state, int action, double reward, int nextState, bool terminated)
    {
        // target = r if terminal, else r + gamma max_a' Q[s',a']
        var target = terminated ? reward : reward + gamma * Table.Max(nextState);
        Table.Update(state, action, target, alpha);
    }
}
