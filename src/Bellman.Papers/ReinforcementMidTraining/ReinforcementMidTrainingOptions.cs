using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>How the token budget moves.</summary>
public enum BudgetKind
{
    /// <summary>B_t = max(B_min, floor(B_0 gamma^(t/T))).</summary>
    Shrinking,

    /// <summary>The mean of the shrinking one, all the time.</summary>
    Fixed,

    /// <summary>No budget in the prompt and no reward for length.</summary>
    None,
}

/// <summary>Which tiers targets come from.</summary>
public enum CurriculumKind
{
    /// <summary>From p1 before t1 to p2 after t2.</summary>
    EasyToHard,

    /// <summary>All tiers alike.</summary>
    Uniform,

    /// <summary>The hard tier alone.</summary>
    HardOnly,
}

/// <summary>The reward of a thinking's length.</summary>
public enum LengthShape
{
    /// <summary>Rises to 1 at the budget, falls to 0 at twice the budget (the paper).</summary>
    Triangular,

    /// <summary>Falls from 1 at length 0 to 0 at twice the budget.</summary>
    Linear,
}

/// <summary>Which documents next-token prediction learns in a step.</summary>
public enum NextTokenDocuments
{
    /// <summary>Those that the targets come from (the paper).</summary>
    OfTargets,

    /// <summary>
    /// As many of the whole corpus. Documents that are chosen for a hard token hold more hard tokens than others; where documents are short, learning
    /// them alone shifts the distribution of the text.
    /// </summary>
    OfCorpus,
}

/// <summary>How the parts of a response are marked.</summary>
public enum ReasoningLayout
{
    /// <summary>Tags where the tokenizer can write them, a semicolon otherwise.</summary>
    Automatic,

    /// <summary>&lt;think&gt; and &lt;/think&gt;.</summary>
    Tags,

    /// <summary>A semicolon ends the thinking.</summary>
    Semicolon,

    /// <summary>No thinking: the response is the prediction.</summary>
    Direct,
}

/// <summary>Options of reinforcement mid-training.</summary>
public sealed record ReinforcementMidTrainingOptions : IValidatableObject
{
    /// <summary>T: steps of the whole mid-training, over which budget and curriculum move.</summary>
    [Description("T: steps over which budget and curriculum move; those of the training.")]
    [Range(1, 100_000_000)]
    public int Steps { get; init; } = 1000;

    /// <summary>B_0.</summary>
    [Description("B0: thinking tokens allowed at the beginning.")]
    [Range(1, 1_000_000)]
    public int Budget { get; init; } = 800;

    /// <summary>B_min.</summary>
    [Description("The least budget.")]
    [Range(1, 1_000_000)]
    public int MinimumBudget { get; init; } = 1;

    /// <summary>gamma.</summary>
    [Description("gamma: the share of the budget that is left at the end.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double Gamma { get; init; } = 0.2;

    /// <summary>How the budget moves.</summary>
    [Description("shrinking (the paper), fixed at its mean, or none.")]
    public BudgetKind BudgetKind { get; init; } = BudgetKind.Shrinking;

    /// <summary>t1 / T.</summary>
    [Description("Share of the steps after which the curriculum begins to move.")]
    [Range(0.0, 1.0)]
    public double Start { get; init; } = 0.3;

    /// <summary>t2 / T.</summary>
    [Description("Share of the steps after which the curriculum has moved.")]
    [Range(0.0, 1.0)]
    public double End { get; init; } = 0.7;

    /// <summary>p1 of (easy, medium, hard).</summary>
    [Description("Shares of easy, medium and hard targets at the beginning.")]
    [Range(0.0, 1.0)]
    public double[] Early { get; init; } = [0.6, 0.3, 0.1];

    /// <summary>p2 of (easy, medium, hard).</summary>
    [Description("Shares of easy, medium and hard targets at the end.")]
    [Range(0.0, 1.0)]
    public double[] Late { get; init; } = [0.1, 0.3, 0.6];

    /// <summary>Which tiers targets come from.</summary>
    [Description("easyToHard (the paper), uniform over the tiers, or hardOnly.")]
    public CurriculumKind Curriculum { get; init; } = CurriculumKind.EasyToHard;

    /// <summary>w.</summary>
    [Description("w: weight of the length in the reward, 1 - w that of the hit. At most 0.3: a policy that never hits would learn its length only.")]
    [Range(0.0, 1.0)]
    public double LengthWeight { get; init; } = 0.2;

    /// <summary>The reward of a thinking's length.</summary>
    [Description("triangular (the paper) or linear.")]
    public LengthShape LengthShape { get; init; } = LengthShape.Triangular;

    /// <summary>Whether only hits are paid for their length.</summary>
    [Description("Pay for the length of hits only.")]
    public bool LengthOnlyIfHit { get; init; }

    /// <summary>lambda.</summary>
    [Description("lambda: weight of next-token prediction on all other tokens of the step's documents; 0 leaves it out.")]
    [Range(0.0, 1e6)]
    public double NextTokenWeight { get; init; } = 0.1;

    /// <summary>Which documents are learned as text.</summary>
    [Description("ofTargets: the documents that the step's targets come from (the paper); ofCorpus: as many of the whole corpus, for short documents.")]
    public NextTokenDocuments NextTokenDocuments { get; init; } = NextTokenDocuments.OfTargets;

    /// <summary>Documents drawn from the prompts' task, as the corpus.</summary>
    [Description("Documents of the corpus: questions with their solutions, taken from the prompts that were given.")]
    [Range(1, 10_000_000)]
    public int Documents { get; init; } = 256;

    /// <summary>Thresholds of the tiers in nats.</summary>
    [Description("Entropies in nats from which a token is easy, medium and hard; below the first it is no target. In quantiles where quantiles=true.")]
    [Range(0.0, 1000.0)]
    public double[] Thresholds { get; init; } = [0.5, 1.0, 1.5];

    /// <summary>Whether thresholds are quantiles.</summary>
    [Description("Read the thresholds as quantiles of the corpus's entropies, from 0 to 1.")]
    public bool Quantiles { get; init; }

    /// <summary>Probabilities counted in the entropy.</summary>
    [Description("Entropy of the likeliest tokens only, renormalised (16 in the predecessor); 0 takes the whole distribution.")]
    [Range(0, 1_000_000)]
    public int LikeliestTokens { get; init; }

    /// <summary>Longest prefix, in tokens.</summary>
    [Description("Longest prefix of a target, in tokens; what is longer loses its beginning.")]
    [Range(1, 1_000_000)]
    public int MaximumPrefix { get; init; } = 2048;

    /// <summary>Tokens beyond the thinking.</summary>
    [Description("Tokens of a response beyond twice the budget: delimiter, prediction, end.")]
    [Range(2, 100_000)]
    public int AnswerReserve { get; init; } = 16;

    /// <summary>How the parts of a response are marked.</summary>
    [Description("tags, semicolon, direct (no thinking: the response is the prediction) or automatic.")]
    public ReasoningLayout Layout { get; init; } = ReasoningLayout.Automatic;

    /// <summary>The sidecar file of entropies.</summary>
    [Description("A file that keeps the corpus's entropies; made when missing.")]
    public string? Sidecar { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Start >= End) { yield return new ValidationResult($"start {Start} is not before end {End}."); }
        if (MinimumBudget > Budget) { yield return new ValidationResult($"minimumBudget {MinimumBudget} is above budget {Budget}."); }
        foreach (var (name, shares) in new[] { ("early", Early), ("late", Late) })
        {
            if (shares.Length != 3 || shares.Any(share => share < 0) || Math.Abs(shares.Sum() - 1) > 1e-6) { yield return new ValidationResult($"{name} is {string.Join(", ", shares)}; it is three shares of easy, medium and hard that sum to 1."); }
        }
        if (Thresholds.Length != 3 || Thresholds[0] > Thresholds[1] || Thresholds[1] > Thresholds[2]) { yield return new ValidationResult($"thresholds are {string.Join(", ", Thresholds)}; they are three rising numbers."); }
        if (Quantiles && Thresholds.Any(threshold => threshold > 1)) { yield return new ValidationResult($"thresholds are {string.Join(", ", Thresholds)}; quantiles are from 0 to 1, e.g. 0.5, 0.75, 0.9."); }
    }
}
