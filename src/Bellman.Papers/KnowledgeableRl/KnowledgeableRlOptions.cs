using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>How the three rewards become one.</summary>
public enum RewardCombination
{
    /// <summary>R = format + correct + fact (the paper).</summary>
    Additive,

    /// <summary>Facts soften a wrong answer only: R = format + (wrong: -1 + fact; otherwise correct) (the released program).</summary>
    OnlyWhenWrong,
}

/// <summary>What supported facts are worth.</summary>
public enum FactScore
{
    /// <summary>supported / M (the paper).</summary>
    Ratio,

    /// <summary>The ratio times exp(1 - 10 / M) for M up to 10: a single fact is worth nothing (the released program's call).</summary>
    RatioWithLengthPenalty,

    /// <summary>min(supported / 15, 1) (a line of the released program that is switched off).</summary>
    CappedCount,
}

/// <summary>Where thinking and answer stand in a response.</summary>
public enum ResponseLayout
{
    /// <summary>Tags where the tokenizer can write them, otherwise the task's own form.</summary>
    Automatic,

    /// <summary>&lt;think&gt;...&lt;/think&gt;&lt;answer&gt;...&lt;/answer&gt;, which the prompt asks for.</summary>
    Tags,

    /// <summary>As the task's own checker reads it: what comes before the answer is thinking.</summary>
    Task,
}

/// <summary>Options of KnowRL.</summary>
public sealed record KnowledgeableRlOptions : IValidatableObject
{
    /// <summary>Reward of a correct answer.</summary>
    [Description("Reward of a correct answer.")]
    [Range(-100.0, 100.0)]
    public double RewardCorrect { get; init; } = 2;

    /// <summary>Reward of an honest refusal.</summary>
    [Description("Reward of a refusal. With 2, 1 and -1 answering pays from a probability of 2/3 of being right.")]
    [Range(-100.0, 100.0)]
    public double RewardRefusal { get; init; } = 1;

    /// <summary>Reward of a wrong or missing answer.</summary>
    [Description("Reward of a wrong or missing answer.")]
    [Range(-100.0, 100.0)]
    public double RewardWrong { get; init; } = -1;

    /// <summary>+ or - this for the form.</summary>
    [Description("Added for the right form of a response, taken away for another; 0 leaves it out.")]
    [Range(0.0, 100.0)]
    public double RewardFormat { get; init; } = 1;

    /// <summary>Weight of the correctness reward.</summary>
    [Description("Weight of the correctness reward; 0 leaves it out.")]
    [Range(0.0, 100.0)]
    public double CorrectWeight { get; init; } = 1;

    /// <summary>Weight of the factuality reward.</summary>
    [Description("Weight of the factuality of the thinking; 0 leaves it out.")]
    [Range(0.0, 100.0)]
    public double FactWeight { get; init; } = 1;

    /// <summary>How rewards are combined.</summary>
    [Description("additive (the paper) or onlyWhenWrong (the released program).")]
    public RewardCombination Combination { get; init; } = RewardCombination.Additive;

    /// <summary>What supported facts are worth.</summary>
    [Description("ratio (the paper), ratioWithLengthPenalty or cappedCount (the released program).")]
    public FactScore FactScore { get; init; } = FactScore.Ratio;

    /// <summary>Passages a fact is held against.</summary>
    [Description("Passages that a fact is held against.")]
    [Range(1, 1000)]
    public int Passages { get; init; } = 5;

    /// <summary>Probability of entailment from which a passage supports a fact.</summary>
    [Description("Probability of entailment (or share of the fact's words) from which a passage supports a fact.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double EntailThreshold { get; init; } = 0.3;

    /// <summary>Only facts that name something of the question count.</summary>
    [Description("Count only facts that share a word with the question or its titles: against padding with safe trivia.")]
    public bool RequireTopicMatch { get; init; }

    /// <summary>Allows refusals that pay as much as correct answers, or as little as wrong ones.</summary>
    [Description("Allow a refusal that pays at least as much as a correct answer, or at most as much as a wrong one.")]
    public bool Force { get; init; }

    /// <summary>A SQLite file of articles.</summary>
    [Description("SQLite file with the table documents(title, text); none takes the questions' own solutions as what is known.")]
    public string? Knowledge { get; init; }

    /// <summary>Where thinking and answer stand.</summary>
    [Description("tags, task (as the task's own checker reads responses) or automatic.")]
    public ResponseLayout Layout { get; init; } = ResponseLayout.Automatic;

    /// <summary>Responses scored at the same time.</summary>
    [Description("Responses scored at the same time; more when judge and extractor are servers.")]
    [Range(1, 256)]
    public int Parallelism { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Force && RewardRefusal >= RewardCorrect) { yield return new ValidationResult($"rewardRefusal {RewardRefusal} is not below rewardCorrect {RewardCorrect}, so that refusing everything is best. Lower it, or set force=true."); }
        if (!Force && RewardRefusal <= RewardWrong) { yield return new ValidationResult($"rewardRefusal {RewardRefusal} is not above rewardWrong {RewardWrong}, so that nothing is ever refused. Raise it, or set force=true."); }
    }
}
