using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How a policy is trained, whatever the method.</summary>
public sealed record PostTrainingOptions : TensorTrainingOptions
{
    /// <summary>Prompts a step.</summary>
    [Description("Prompts of a step; more give a steadier gradient and cost more.")]
    [Range(1, 1_000_000)]
    public int PromptsPerStep { get; init; } = 32;

    /// <summary>Responses to each prompt.</summary>
    [Description("Responses to each prompt; more make the comparison within a group more reliable. 4 to 64.")]
    [Range(1, 100_000)]
    public int GroupSize { get; init; } = 8;

    /// <summary>Passes over a step's rollouts.</summary>
    [Description("Passes over the rollouts of a step; more squeeze more out of them and go further off-policy. 1 for plain policy gradients.")]
    [Range(1, 1000)]
    public int Epochs { get; init; } = 1;

    /// <summary>Parts of a pass, each with an optimiser step.</summary>
    [Description("Parts into which the rollouts of a pass are cut, each with an optimiser step of its own.")]
    [Range(1, 100_000)]
    public int MiniBatches { get; init; } = 1;

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size: 1e-6 for billions of parameters, 5e-4 for tens of thousands, 0.05 for a table.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    [Description("The learning rate rises linearly over this many steps: Adam's first steps follow single gradients and can undo what a model knows.")]
    [Range(0L, 1_000_000_000L)]
    public long WarmUpSteps { get; init; }

    /// <summary>Most new tokens of a response.</summary>
    [Description("Most new tokens of a response; what is longer is cut.")]
    [Range(1, 1_000_000)]
    public int MaximumNewTokens { get; init; } = 64;

    /// <summary>Sampling temperature; log-probabilities are taken at it too.</summary>
    [Description("Sampling temperature; the learner takes log-probabilities at the same temperature.")]
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Weight of the divergence in the reward.</summary>
    [Description("Weight of the divergence from the reference, taken from the reward of each token; 0 leaves it out.")]
    [Range(0.0, 1e6)]
    public double RewardKl { get; init; }

    /// <summary>The divergence that an adaptive weight aims at.</summary>
    [Description("The divergence of a response, in nats, that the weight rewardKl adapts to; none keeps the weight fixed.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double? TargetKl { get; init; }

    /// <summary>Rounds in which groups that teach nothing are replaced.</summary>
    [Description("Rounds in which groups with equal rewards are replaced by new prompts (dynamic sampling); 0 keeps them.")]
    [Range(0, 1000)]
    public int DynamicRounds { get; init; }

    /// <summary>Whether the policy scores its rollouts anew before the update.</summary>
    [Description("Score the rollouts anew under the policy before the update, instead of trusting the sampler's log-probabilities.")]
    public bool Rescore { get; init; }

    /// <summary>Attempts at sampling before a failing server ends the training.</summary>
    [Description("How often a group is asked for again when a remote server fails.")]
    [Range(1, 1000)]
    public int SamplingAttempts { get; init; } = 4;

    /// <summary>The mean reward from which a group counts as passed.</summary>
    [Description("Responses with at least this reward count as passed, in metrics.")]
    [Range(-1e9, 1e9)]
    public double PassThreshold { get; init; } = 0.999;
}
