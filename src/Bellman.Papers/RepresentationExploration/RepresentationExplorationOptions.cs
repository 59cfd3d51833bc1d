using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>Which novelty of a response within its group is paid.</summary>
public enum BonusType
{
    /// <summary>b = z' S^-1 z with the response itself in S: from 0 to below 1.</summary>
    Leverage,

    /// <summary>b = z' (S - z z')^-1 z = leverage / (1 - leverage): without bound.</summary>
    LeaveOneOut,
}

/// <summary>How the bonuses of a group are scaled.</summary>
public enum BonusNormalization
{
    /// <summary>As they are.</summary>
    None,

    /// <summary>b / std(b).</summary>
    Deviation,

    /// <summary>(b - mean b) / std(b).</summary>
    Standard,
}

/// <summary>Where the features of responses come from.</summary>
public enum FeatureModel
{
    /// <summary>The policy as it was before training: bonuses of different steps are comparable.</summary>
    Frozen,

    /// <summary>The policy that is trained, whose features drift.</summary>
    Policy,
}

/// <summary>Options of representation-based exploration.</summary>
public sealed record RepresentationExplorationOptions : IValidatableObject
{
    /// <summary>Weight of the task's own reward.</summary>
    [Description("alpha: weight of the task's own reward.")]
    [Range(0.0, 1e6)]
    public double Alpha { get; init; } = 1;

    /// <summary>Weight of the bonus.</summary>
    [Description("beta: weight of the bonus. Small on purpose: it breaks ties, and where every response is right the division by the group's deviation makes it the whole signal. 0.001 to 0.1.")]
    [Range(0.0, 1e6)]
    public double Beta { get; init; } = 0.01;

    /// <summary>Ridge of the covariance.</summary>
    [Description("lambda: ridge of the covariance; against large features it is small, and the bonus then counts distinct responses.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double Lambda { get; init; } = 0.01;

    /// <summary>Size of projected features.</summary>
    [Description("Size of the projected features; 0 takes the hidden states as they are. 32 in the paper's training, 128 for long problems, 512 at inference.")]
    [Range(0, 100_000)]
    public int ProjectionDimension { get; init; } = 32;

    /// <summary>Whether every step draws another projection.</summary>
    [Description("Draw another random projection in every step.")]
    public bool ResampleProjection { get; init; } = true;

    /// <summary>What is paid.</summary>
    [Description("leverage (bounded, the paper's) or leaveOneOut (without bound).")]
    public BonusType BonusType { get; init; } = BonusType.Leverage;

    /// <summary>How bonuses of a group are scaled.</summary>
    [Description("none, deviation or standard scaling of a group's bonuses.")]
    public BonusNormalization Normalization { get; init; } = BonusNormalization.None;

    /// <summary>Whether the group's mean is taken from the features.</summary>
    [Description("Take the group's mean from the features; otherwise what all responses share counts as novelty.")]
    public bool Centre { get; init; } = true;

    /// <summary>Where features come from.</summary>
    [Description("frozen: the policy before training; policy: the policy being trained, whose features drift.")]
    public FeatureModel Features { get; init; } = FeatureModel.Frozen;

    /// <summary>What of a response is its feature.</summary>
    [Description("mean: the mean over the response's hidden states; last: the last one.")]
    public FeaturePooling Pooling { get; init; } = FeaturePooling.Mean;

    /// <summary>No bonus in a group without any correct response.</summary>
    [Description("No bonus in groups without a correct response: there, novelty is noise.")]
    public bool TurnOffIfNoneCorrect { get; init; } = true;

    /// <summary>No bonus in a group with some, but not only, correct responses.</summary>
    [Description("No bonus in groups with some correct responses.")]
    public bool TurnOffIfSomeCorrect { get; init; }

    /// <summary>No bonus in a group with only correct responses.</summary>
    [Description("No bonus in groups whose responses are all correct, where it has its effect.")]
    public bool TurnOffIfAllCorrect { get; init; }

    /// <summary>No bonus for incorrect responses.</summary>
    [Description("No bonus for incorrect responses.")]
    public bool TurnOffForIncorrect { get; init; }

    /// <summary>Whether a prompt's covariance is kept from epoch to epoch.</summary>
    [Description("Keep the covariance of each prompt over all of its groups instead of beginning anew; needs resampleProjection=false.")]
    public bool PersistCovariance { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PersistCovariance && ResampleProjection && ProjectionDimension > 0)
        {
            yield return new ValidationResult("persistCovariance compares features of different steps, which resampleProjection projects differently. Set resampleProjection=false, or projectionDimension=0.");
        }
        if (PersistCovariance && Features == FeatureModel.Policy)
        {
            yield return new ValidationResult("persistCovariance compares features of different steps, and features=policy changes them in every step. Set features=frozen.");
        }
        if (PersistCovariance && BonusType == BonusType.LeaveOneOut)
        {
            yield return new ValidationResult("persistCovariance is defined for bonusType=leverage.");
        }
    }
}
