using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>Where weights come from.</summary>
public enum WeightRule
{
    /// <summary>They stay as they are (baseline).</summary>
    Fixed,

    /// <summary>They stay, and all are multiplied by a meta-reward for checkpoints that enlarge the front (the paper's first method).</summary>
    Hypervolume,

    /// <summary>They follow each objective's gradient influence (the paper's second method).</summary>
    Gradient,

    /// <summary>Drawn anew on the simplex in each step (baseline).</summary>
    Random,

    /// <summary>Of the shortest combination of the objectives' gradients (MGDA, an outside reference).</summary>
    MinimumNorm,

    /// <summary>Inverse to the running spread of each objective's rewards (loss-scale balancing, an outside reference).</summary>
    Scale,
}

/// <summary>What the meta-reward multiplies.</summary>
public enum MetaPlacement
{
    /// <summary>Rewards where the credit assigner keeps their scale, otherwise advantages.</summary>
    Automatic,

    /// <summary>The rewards, as published: without effect where advantages are divided by their deviation.</summary>
    Reward,

    /// <summary>The finished advantages.</summary>
    Advantage,
}

/// <summary>Options of dynamic reward weighting.</summary>
public sealed record DynamicRewardWeightingOptions : IValidatableObject
{
    /// <summary>Where weights come from.</summary>
    [Description("gradient (no preference needed), hypervolume (weights say the preference), or fixed, random, minimumNorm, scale for comparison.")]
    public WeightRule Rule { get; init; } = WeightRule.Gradient;

    /// <summary>w at the start.</summary>
    [Description("Weights of the rewards, in the order in which they were added, summing to 1; equal when none are given.")]
    public double[] Weights { get; init; } = [];

    /// <summary>eta / mu.</summary>
    [Description("How fast weights follow influence, eta / mu: 0.1 in the paper, 0.01 for more data; 1 collapses to one objective.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Ratio { get; init; } = 0.1;

    /// <summary>mu.</summary>
    [Description("Strength that keeps weights near the last ones; given, the ratio is the step's learning rate divided by it (1e-5 in the paper). none takes ratio.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double? Mu { get; init; }

    /// <summary>Bound on each objective's gradient.</summary>
    [Description("Each objective's gradient is scaled down to this norm before influences are taken.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 1;

    /// <summary>The first layer whose gradients are compared.</summary>
    [Description("First decoder layer whose gradients are compared, counted from 0 (10 in the paper, to save memory); none compares all parameters.")]
    [Range(0, 100_000)]
    public int? FirstLayer { get; init; }

    /// <summary>The last of them.</summary>
    [Description("Last decoder layer whose gradients are compared (25 in the paper); none goes to the end.")]
    [Range(0, 100_000)]
    public int? LastLayer { get; init; }

    /// <summary>Steps between updates of the weights.</summary>
    [Description("Influences are averaged over this many steps before weights move.")]
    [Range(1, 1_000_000)]
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Divides influences by the mean norm.</summary>
    [Description("Divide influences by the mean norm of the gradients and cut them to 0 to 5: an earlier variant of the released program.")]
    public bool NormaliseInfluence { get; init; }

    /// <summary>Whether an objective's own gradient counts in its influence.</summary>
    [Description("Count an objective's own gradient in its influence (the paper); false leaves |g|^2 out (ablation).")]
    public bool SelfTerm { get; init; } = true;

    /// <summary>Steps after which weights stay.</summary>
    [Description("Weights stay as they are after this many steps; 0 lets them move on.")]
    [Range(0L, 1_000_000_000L)]
    public long FreezeAfter { get; init; }

    /// <summary>The smallest weight.</summary>
    [Description("No weight falls below this; put it higher where every objective matters.")]
    [Range(0.0, 0.5, MinimumIsExclusive = true)]
    public double Floor { get; init; } = 1e-6;

    /// <summary>Measures the combined gradient.</summary>
    [Description("Also measure the gradient of the combined reward, for comparison with the combination of the gradients; one backward pass more.")]
    public bool CompareCombined { get; init; }

    /// <summary>c without progress.</summary>
    [Description("The meta-reward of a checkpoint that does not enlarge the front.")]
    [Range(0.0, 1e3, MinimumIsExclusive = true)]
    public double MetaBase { get; init; } = 0.5;

    /// <summary>What progress adds at most.</summary>
    [Description("What a checkpoint that enlarges the front adds to the meta-reward at most.")]
    [Range(0.0, 1e3)]
    public double MetaGain { get; init; } = 1.5;

    /// <summary>What the meta-reward multiplies.</summary>
    [Description("reward (as published), advantage, or automatic: reward where the credit assigner keeps its scale, otherwise advantage.")]
    public MetaPlacement MetaPlacement { get; init; }

    /// <summary>Multiplies the growth of the hypervolume.</summary>
    [Description("Multiplies the growth of the hypervolume: 1 for lengths in hundreds of tokens, about 100 for objectives in 0 to 1; none takes 1 / median of the first five positive ones.")]
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public double? HypervolumeScale { get; init; } = 1;

    /// <summary>Divides each validation objective.</summary>
    [Description("Each validation objective is divided by its entry, e.g. 1,2048,1; all 1 when none are given.")]
    public double[] ObjectiveScale { get; init; } = [];

    /// <summary>Prompts that the hypervolume rule keeps for validation.</summary>
    [Description("Prompts taken from the beginning of the source for validation after every step (hypervolume rule).")]
    [Range(0, 1_000_000)]
    public int ValidationPrompts { get; init; } = 100;

    /// <summary>Responses to each of them.</summary>
    [Description("Responses to each validation prompt; few make the front grow by noise.")]
    [Range(1, 10_000)]
    public int ValidationSamples { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Weights.Length == 1) { yield return new ValidationResult("weights has one entry; there are two or more objectives."); }
        if (Weights.Length > 0 && (Weights.Any(weight => !(weight >= 0)) || Math.Abs(Weights.Sum() - 1) > 1e-6)) { yield return new ValidationResult($"weights is {string.Join(',', Weights)}; weights are 0 or more and sum to 1, e.g. 0.5,0.25,0.25."); }
        if (LastLayer < (FirstLayer ?? 0)) { yield return new ValidationResult($"lastLayer {LastLayer} is before firstLayer {FirstLayer ?? 0}, so no layer is left. Give a range such as 10 to 25."); }
        if (ObjectiveScale.Any(scale => !(scale > 0))) { yield return new ValidationResult($"objectiveScale is {string.Join(',', ObjectiveScale)}; each entry is above 0."); }
    }
}
