using Bellman.Algorithms;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>What the critics say where rollouts act and where they end.</summary>
/// <param name="Value">Mean over states of the data of min_j Q_j(s, π(s)).</param>
/// <param name="Bound">r_max/(1 - γ) of the data's largest reward: no value is larger.</param>
/// <param name="PenaltyWithin">Mean of mean_j Q_j - min_j Q_j at states that rollouts acted in.</param>
/// <param name="PenaltyAtEdge">The same at the next states of their last steps.</param>
public sealed record ReachReport(double Value, double Bound, double PenaltyWithin, double PenaltyAtEdge)
{
    /// <summary>Value / Bound, above 1 where values cannot be true; not a number where no reward is positive.</summary>
    public double Overestimation => Bound > 0 ? Value / Bound : double.NaN;
}

/// <summary>Listens to rollouts and asks the critics about the states of the last round. Draws nothing and changes nothing.</summary>
public sealed class ReachDiagnostics
{
    private const int Rows = 512;

    private readonly SacLearner learner;
    private readonly ObservationEncoder encoder;
    private readonly IPolicy policy;
    private readonly BoundedActions bounds;
    private readonly OfflineDataset data;
    private readonly double bound;
    private readonly List<float> within = [];
    private readonly List<float> edge = [];

    /// <summary>Of a learner whose rollouts are listened to from now on.</summary>
    /// <param name="learner">Critics and policy.</param>
    /// <param name="rollouts">Its rollouts.</param>
    /// <param name="encoder">Of its observations.</param>
    /// <param name="actions">The environment's actions.</param>
    /// <param name="data">The data set.</param>
    /// <param name="gamma">γ.</param>
    public ReachDiagnostics(SacLearner learner, ModelRollouts rollouts, ObservationEncoder encoder, Space actions, OfflineDataset data, double gamma)
    {
        (this.learner, this.encoder, this.data) = (learner, encoder, data);
        policy = learner.CreatePolicy(encoder, encoder.Space, actions);
        bounds = BoundedActions.For(actions, "ravl");
        bound = data.Rewards.Max() / (1 - gamma);
        rollouts.Observer = Listen;
    }

    /// <summary>Asks the critics, about at most 512 states of each kind.</summary>
    public ReachReport Measure()
    {
        var size = encoder.Space.Size;
        var stride = Math.Max(1, data.Count / Rows);
        var recorded = Enumerable.Range(0, Math.Min(Rows, data.Count)).SelectMany(i => data.Observations.Skip(i * stride * size).Take(size)).ToList();
        return new ReachReport(Ask(recorded).Value, bound, Ask(within).Penalty, Ask(edge).Penalty);
    }

    private void Listen(in ImaginedStep step)
    {
        if (step.Step == 1)
        {
            within.Clear();
            edge.Clear();
        }
        // Every step of the rollouts has its share.
        Take(step.Observations, default, within, Rows * step.Step / step.Length);
        if (step.Step == step.Length) { Take(step.Next, step.Terminated, edge, Rows); }
    }

    private void Take(ReadOnlySpan<float> states, ReadOnlySpan<bool> left, List<float> into, int upTo)
    {
        var size = encoder.Space.Size;
        for (var row = 0; row < states.Length / size && into.Count < upTo * size; row++)
        {
            if (left.IsEmpty || !left[row]) { into.AddRange(states.Slice(row * size, size)); }
        }
    }

    private (double Value, double Penalty) Ask(List<float> states)
    {
        var count = states.Count / encoder.Space.Size;
        if (count == 0) { return (double.NaN, double.NaN); }
        float[] observations = [.. states], encoded = new float[count * encoder.Size], chosen = new float[count * bounds.Size], inner = new float[chosen.Length];
        policy.Act(observations, count, chosen, null);
        for (var row = 0; row < count; row++) { bounds.FromEnvironment(chosen.AsSpan(row * bounds.Size, bounds.Size), inner.AsSpan(row * bounds.Size, bounds.Size)); }
        encoder.Encode(observations, count, encoded);
        var every = Enumerable.Range(0, learner.Critics.Count).Select(_ => new float[count]).ToArray();
        learner.Critics.Values(encoded, inner, count, every);
        var values = new float[every.Length];
        var (value, penalty) = (0.0, 0.0);
        for (var row = 0; row < count; row++)
        {
            for (var critic = 0; critic < values.Length; critic++) { values[critic] = every[critic][row]; }
            value += (double)values.Min() / count;
            penalty += Reach.Penalty(values) / count;
        }
        return (value, penalty);
    }
}
