using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.GuidedHybridPolicyOptimization;

/// <summary>Under which prompt a response is trained.</summary>
public enum PromptBinding
{
    /// <summary>The one it was sampled from.</summary>
    Sampled,

    /// <summary>As the authors' released trainer: a group that an earlier stage solved gets its plain prompt back when a later stage runs. For comparison.</summary>
    ReleasedTrainer,
}

/// <summary>Options of guided hybrid policy optimisation (arXiv 2507.10628).</summary>
public sealed record GuidedHybridPolicyOptimizationOptions : IValidatableObject
{
    /// <summary>Where the question goes in <see cref="HintTemplate"/>.</summary>
    public const string QuestionSlot = "{question}";

    /// <summary>Where the hint goes in <see cref="HintTemplate"/>.</summary>
    public const string HintSlot = "{hint}";

    /// <summary>The template unless another is given. A tokenizer that lacks its letters gets the hint before the question and nothing else.</summary>
    public const string UsualTemplate = QuestionSlot + "\nA correct solution begins as follows, and you may build on it:\n" + HintSlot + "\n";

    /// <summary>omega of each stage.</summary>
    [Description("Shares of the reference solution given as a hint, stage after stage, to prompts that no response has solved; rising, above 0, at most 1.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double[] Stages { get; init; } = [0.25, 0.5, 0.75];

    /// <summary>N_cold.</summary>
    [Description("Steps of plain GRPO at the beginning, when failures are about format; 20 in the paper, 0 in a released recipe.")]
    [Range(0L, 1_000_000_000L)]
    public long ColdStartSteps { get; init; } = 20;

    /// <summary>The reward that decides what is difficult.</summary>
    [Description("Name of the reward that decides whether a prompt is difficult: none of its responses reaches solvedFrom of it. none takes the first reward; other rewards, such as one for format, never count.")]
    public string? Accuracy { get; init; }

    /// <summary>The accuracy of a solved response.</summary>
    [Description("Responses with at least this much of the accuracy reward solve a prompt; none takes the trainer's passThreshold. For rewards of 0 and 1 this is the paper's rule, anything above 0.")]
    public double? SolvedFrom { get; init; }

    /// <summary>How a hint is written into a question.</summary>
    [Description("How a hint is written into a question, with {question} and {hint} where they go.")]
    public string HintTemplate { get; init; } = UsualTemplate;

    /// <summary>Whether only difficult prompts get a hint.</summary>
    [Description("Give hints only to prompts that no response has solved; false gives every prompt the first stage's hint at once (ablation).")]
    public bool Detect { get; init; } = true;

    /// <summary>Under which prompt responses are trained.</summary>
    [Description("sampled trains a response under the prompt it was sampled from; releasedTrainer repeats a defect of the published code, for comparison.")]
    public PromptBinding PromptBinding { get; init; }

    /// <summary>Cuts a hint before the answer's text.</summary>
    [Description("Cut a hint before the first place where the answer's text occurs in it.")]
    public bool ForbidAnswerInHint { get; init; }

    /// <summary>Allows a stage of 1.</summary>
    [Description("Allow a stage of 1, which gives the whole solution away.")]
    public bool AllowWholeSolution { get; init; }

    /// <summary>Most tokens of a hinted prompt.</summary>
    [Description("Most tokens of a prompt with its hint; a longer one has its hint cut at the end. none leaves what the model's context and maximumNewTokens leave.")]
    [Range(1, 100_000_000)]
    public int? MaximumPromptTokens { get; init; }

    /// <summary>Takes no gradient from cut responses.</summary>
    [Description("Learn nothing from responses that were cut at the limit.")]
    public bool MaskTruncated { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Stages.Length == 0) { yield return new ValidationResult("stages is empty; give at least one share, e.g. 0.25,0.5,0.75."); }
        if (Stages.Zip(Stages.Skip(1)).Any(pair => pair.Second <= pair.First)) { yield return new ValidationResult($"stages is {string.Join(',', Stages)}; each must be larger than the one before."); }
        if (Stages.Contains(1) && !AllowWholeSolution) { yield return new ValidationResult("a stage of 1 gives the whole solution away; set allowWholeSolution=true if that is meant."); }
        if (!HintTemplate.Contains(QuestionSlot, StringComparison.Ordinal) || !HintTemplate.Contains(HintSlot, StringComparison.Ordinal)) { yield return new ValidationResult($"hintTemplate needs {QuestionSlot} and {HintSlot} where they go."); }
    }
}
