using Bellman.Algorithms;
using Bellman.Neural;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>
/// RAVL: rollouts of k steps in a model of the data, a soft actor-critic with N critics on them, and in every target and in the actor's loss
/// the minimum of all N,
/// <code>y = r + γ (1 - done) [ min_j Q̄_j(s', a') - α log π(a'|s') ],   a' ~ π(·|s').</code>
/// Where rollouts end no critic is ever trained, the critics disagree, and the minimum is low. The k-th step bootstraps like any other.
/// </summary>
public static class Ravl
{
    /// <summary>An agent for a data set.</summary>
    /// <param name="request">Environment, <see cref="RavlOptions"/> and seed.</param>
    /// <param name="data">The transitions.</param>
    /// <exception cref="UsageException">The data set or an option does not serve.</exception>
    public static OfflineAgent Create(AgentRequest request, OfflineDataset data)
    {
        var options = OptionSet.Validated((RavlOptions)request.Options, "algorithm ravl");
        return ModelBasedOffline.Create("ravl", request, options, data,
            (size, actions, random) => new SacLearner(size, actions, options.For(new SacOptions { DeviationBound = LogDeviationBound.NarrowClamp }), random, options.Rules),
            (learner, encoder, actions) => new ReachReporting(learner, encoder, actions, data, options), options.Penalty, options.PenaltyWeight);
    }

    /// <summary>The diagnostics of an agent that <see cref="Create"/> made.</summary>
    public static ReachDiagnostics DiagnosticsOf(OfflineAgent agent) => ((ReachReporting)agent.Learner).Diagnostics;
}

/// <summary>A model-based learner that tells, after each round of rollouts, what its critics say at the edge of reach.</summary>
internal sealed class ReachReporting : IOffPolicyLearner, IReplayReader
{
    private readonly ModelBasedLearner learner;
    private readonly int every;
    private long updates;

    public ReachReporting(ModelBasedLearner learner, ObservationEncoder encoder, Space actions, OfflineDataset data, RavlOptions options)
    {
        (this.learner, every) = (learner, options.RolloutEvery);
        Diagnostics = new ReachDiagnostics((SacLearner)learner.Learner, learner.Rollouts, encoder, actions, data, options.Gamma);
    }

    public ReachDiagnostics Diagnostics { get; }

    public ReadOnlySpan<float> Errors => learner.Errors;

    public void Attach(ReplayBuffer replay) => learner.Attach(replay);

    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => learner.Act(observations, count, actions, random);

    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => learner.CreatePolicy(encoder, observationSpace, actionSpace);

    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        learner.Update(batch, metrics);
        if (++updates % every != 0) { return; }
        var report = Diagnostics.Measure();
        metrics.Add("reach/value", report.Value);
        metrics.Add("reach/overestimation", report.Overestimation);
        metrics.Add("reach/penalty_within", report.PenaltyWithin);
        metrics.Add("reach/penalty_edge", report.PenaltyAtEdge);
    }

    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Part(nameof(learner), learner);
    }

    public void Dispose() => learner.Dispose();
}
