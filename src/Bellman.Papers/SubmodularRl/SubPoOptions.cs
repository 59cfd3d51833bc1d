using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.SubmodularRl;

/// <summary>Which of a trajectory's gains weigh an action's log-probability.</summary>
public enum SubPoWeights
{
    /// <summary>Equation (1): the gains that follow, F(whole trajectory) - F(what was visited before the action).</summary>
    RewardToGo,

    /// <summary>All gains, those before the action included: the same gradient in the mean, with more noise.</summary>
    FullReturn,

    /// <summary>The value so far, F(what is visited after the action): what the released program computes. It omits all later gains and is not (1).</summary>
    ForwardValue,

    /// <summary>The gain of the action's own step alone.</summary>
    GainOnly,
}

/// <summary>The network of the policy.</summary>
public enum SubPoNetwork
{
    /// <summary>A multilayer perceptron on the observation.</summary>
    Mlp,

    /// <summary>A table of logits for a discrete observation.</summary>
    Table,
}

/// <summary>Options of <see cref="SubPo"/>.</summary>
public sealed record SubPoOptions
{
    /// <summary>What weighs an action.</summary>
    [Description("What weighs an action: rewardToGo is the paper's gradient; fullReturn has the same mean; forwardValue is the released program's; gainOnly looks one step ahead.")]
    public SubPoWeights Weights { get; init; }

    /// <summary>Whether the batch's mean is subtracted.</summary>
    [Description("Subtract the batch's mean at the same step from each weight and divide by the batch's deviation: less noise, the same direction.")]
    public bool Baseline { get; init; } = true;

    /// <summary>The policy's network.</summary>
    [Description("mlp reads any observation; table keeps logits for each index of a discrete one.")]
    public SubPoNetwork Network { get; init; }

    /// <summary>Widths of the hidden layers.</summary>
    [Description("Widths of the hidden layers of the mlp.")]
    [Range(1, 65536)]
    public int[] Hidden { get; init; } = [64, 32];

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size; 0.01 suits the mlp, 0.3 a table of logits.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 0.01;

    /// <summary>Weight of the entropy bonus.</summary>
    [Description("Weight of the entropy bonus; larger keeps exploring longer.")]
    [Range(0.0, 1e6)]
    public double EntropyCoefficient { get; init; }
}
