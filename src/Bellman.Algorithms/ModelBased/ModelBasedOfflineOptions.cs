using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>What follows an action in an offline algorithm's rollouts.</summary>
public enum DynamicsKind
{
    /// <summary>An ensemble that is fitted to the data.</summary>
    Learned,

    /// <summary>The environment itself: a diagnosis of what a method owes to its model.</summary>
    True,
}

/// <summary>What offline algorithms that learn from rollouts in a model can be told.</summary>
public abstract record ModelBasedOfflineOptions : OfflineCriticOptions
{
    /// <summary>The model.</summary>
    public EnsembleOptions Model { get; init; } = new();

    /// <summary>What is rolled out in.</summary>
    [Description("What is rolled out in: learned (a model of the data) or true (the environment itself, which must show its whole state: a diagnosis).")]
    public DynamicsKind Dynamics { get; init; }

    /// <summary>When episodes end.</summary>
    [Description("When an imagined episode ends: auto (the environment's own, where it is known), never, hopper, walker2d, invertedPendulum or mountainCar.")]
    public string Terminal { get; init; } = TerminalFunctions.Automatic;

    /// <summary>k.</summary>
    [Description("Steps of a rollout, k; longer reaches further from the data and adds up the model's errors.")]
    [Range(1, 100_000)]
    public int RolloutLength { get; init; } = 5;

    /// <summary>Rollouts of a round.</summary>
    [Description("Rollouts of a round, from different states of the data; none takes 50000 or, where there are fewer, all states.")]
    [Range(1, 10_000_000)]
    public int? Rollouts { get; init; }

    /// <summary>Updates between rounds.</summary>
    [Description("Updates between rounds of rollouts; fewer follow the policy more closely.")]
    [Range(1, 10_000_000)]
    public int RolloutEvery { get; init; } = 1_000;

    /// <summary>Rounds kept.</summary>
    [Description("Rounds whose imagined transitions are kept; fewer follow the policy more closely.")]
    [Range(1, 10_000)]
    public int Retain { get; init; } = 5;

    /// <summary>Share of real rows.</summary>
    [Description("Share of recorded transitions in a batch; the rest is imagined.")]
    [Range(0.0, 1.0)]
    public double RealShare { get; init; } = 0.05;

    /// <summary>The plan for a data set.</summary>
    internal RolloutPlan Plan(OfflineDataset data) => new()
    {
        UpdatesPerRound = RolloutEvery,
        UpdatesPerFit = 0,
        Rollouts = Rollouts ?? Math.Min(50_000, data.Count),
        DistinctStarts = true,
        Retain = Retain,
        LongestRollout = RolloutLength,
        RolloutLength = _ => RolloutLength,
        RealShare = RealShare,
    };
}

/// <summary>Options of MOPO.</summary>
public sealed record MopoOptions : ModelBasedOfflineOptions
{
    /// <summary>What is taken off rewards.</summary>
    [Description("What is taken off an imagined reward: deviation (the largest predicted by a member), disagreement (the largest distance of a mean from their centre) or none.")]
    public UncertaintyPenalty Penalty { get; init; } = UncertaintyPenalty.Deviation;

    /// <summary>λ.</summary>
    [Description("Weight of that penalty, lambda; larger stays nearer to what the model knows. Usually 0.5 to 5.")]
    [Range(0.0, 1e6)]
    public double PenaltyWeight { get; init; } = 1;
}
