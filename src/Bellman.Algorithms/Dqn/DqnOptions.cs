using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Dqn"/>. Every extension is a switch of its own; rainbow is all of them.</summary>
public record DqnOptions : ReplayOptions
{
    /// <summary>Defaults that suit small tasks.</summary>
    public DqnOptions()
    {
        Hidden = [128, 128];
        Activation = Activation.Relu;
        LearningRate = 1e-3;
        MaximumGradientNorm = 10;
    }

    /// <summary>Environment steps before the first update.</summary>
    [Description("Environment steps, taken at random, before the first update.")]
    [Range(0, 100_000_000)]
    public int LearningStarts { get; init; } = 1_000;

    /// <summary>Environment steps per update.</summary>
    [Description("Environment steps per gradient update, over all copies together; smaller reuses data more.")]
    [Range(1, 1_000_000)]
    public int TrainEvery { get; init; } = 2;

    /// <summary>Gradient updates between copies into the target network.</summary>
    [Description("Gradient updates between copies of the network into the target network; larger is steadier and slower.")]
    [Range(1, 100_000_000)]
    public int TargetEvery { get; init; } = 128;

    /// <summary>Whether the online network chooses the target's action.</summary>
    [Description("Double DQN: the online network chooses the action that the target network values; removes overestimation.")]
    public bool DoubleQ { get; init; } = true;

    /// <summary>Probability of a random action at the start.</summary>
    [Description("Probability of a random action at the start.")]
    [Range(0.0, 1.0)]
    public double InitialEpsilon { get; init; } = 1;

    /// <summary>Probability of a random action in the end.</summary>
    [Description("Probability of a random action once exploration has been reduced.")]
    [Range(0.0, 1.0)]
    public double FinalEpsilon { get; init; } = 0.04;

    /// <summary>Share of the run over which exploration is reduced.</summary>
    [Description("Share of the run over which the probability of a random action falls linearly.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ExplorationFraction { get; init; } = 0.16;

    /// <summary>Whether the learning rate falls to zero.</summary>
    [Description("Let the learning rate fall linearly to 0 over the run; steadier late, slower to change its mind.")]
    public bool AnnealLearningRate { get; init; }

    /// <summary>Adam's epsilon.</summary>
    [Description("Added to the root in Adam's step; larger damps steps where gradients are small. Distributional losses like 1e-4.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>kappa of the Huber loss.</summary>
    [Description("Error beyond which the loss grows linearly, kappa; larger follows rare large errors more.")]
    [Range(0.0, 1e9)]
    public double HuberThreshold { get; init; } = 1;

    /// <summary>Steps of a window.</summary>
    [Description("Steps whose rewards are summed before bootstrapping, n; larger spreads rewards faster and strays further from the greedy policy.")]
    [Range(1, 1000)]
    public int MultiStep { get; init; } = 1;

    /// <summary>Whether value and advantages have heads of their own.</summary>
    [Description("Duelling heads: the state's value and the actions' advantages apart; the last hidden layer is then one for each.")]
    public bool Duelling { get; init; }

    /// <summary>Whether the last layers are noisy.</summary>
    [Description("Noisy last hidden and output layers, which explore by themselves; set initialEpsilon and finalEpsilon to 0 with it.")]
    public bool Noisy { get; init; }

    /// <summary>sigma_0 of noisy layers.</summary>
    [Description("Initial size of the noise of noisy layers, sigma_0; larger explores more at first.")]
    [Range(0.0, 10.0)]
    public double NoiseDeviation { get; init; } = 0.5;

    /// <summary>What the network says of a return.</summary>
    [Description("What is learned of a return: its mean, a categorical distribution over fixed atoms (C51), quantiles (QR-DQN), or quantiles at drawn probabilities, implicit (IQN).")]
    public ReturnKind Returns { get; init; } = ReturnKind.Mean;

    /// <summary>Atoms of a categorical return.</summary>
    [Description("Atoms of a categorical return; more are finer and costlier.")]
    [Range(2, 10_000)]
    public int Atoms { get; init; } = 51;

    /// <summary>The lowest atom.</summary>
    [Description("The lowest discounted return that a categorical return can express.")]
    [Range(-1e9, 1e9)]
    public double MinimumReturn { get; init; } = -10;

    /// <summary>The highest atom.</summary>
    [Description("The highest discounted return that a categorical return can express; with a reward of 1 a step it is 1/(1 - gamma).")]
    [Range(-1e9, 1e9)]
    public double MaximumReturn { get; init; } = 10;

    /// <summary>Quantiles of a quantile return.</summary>
    [Description("Quantiles of a quantile return, or probabilities drawn per pass of an implicit one; more are finer and cost their square in the loss.")]
    [Range(1, 10_000)]
    public int Quantiles { get; init; } = 32;

    /// <summary>Whether replay draws by error.</summary>
    [Description("Prioritised replay: transitions are drawn in proportion to their last error.")]
    public bool Prioritized { get; init; }

    /// <summary>alpha.</summary>
    [Description("Exponent of priorities, alpha: 0 draws uniformly, 1 in full proportion.")]
    [Range(0.0, 10.0)]
    public double PriorityExponent { get; init; } = 0.6;

    /// <summary>epsilon of priorities.</summary>
    [Description("Added to every absolute error before the exponent, so that no transition is lost.")]
    [Range(0.0, 1e6)]
    public double PriorityOffset { get; init; } = 1e-6;

    /// <summary>beta at the start.</summary>
    [Description("Exponent of importance weights at the start, beta; it rises to 1 over the run. Larger corrects more of the bias of drawing by error.")]
    [Range(0.0, 1.0)]
    public double InitialImportance { get; init; } = 0.4;

    /// <summary>Whether importance weights are scaled by the whole buffer's largest.</summary>
    [Description("Divide importance weights by the largest of the whole buffer instead of the batch's; smaller steps.")]
    public bool NormalizeByBuffer { get; init; }

    /// <summary>Goals of hindsight replay.</summary>
    [Description("Hindsight replay for tasks with goals: none, or goals achieved in the future of a transition, at the final step, or in its episode.")]
    public HindsightStrategy Hindsight { get; init; } = HindsightStrategy.None;

    /// <summary>Goals per transition.</summary>
    [Description("Goals in hindsight per transition, k; more learn more from each episode and dilute what really happened.")]
    [Range(1, 100)]
    public int HindsightGoals { get; init; } = 4;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext)) { yield return problem; }
        if (MinimumReturn >= MaximumReturn)
        {
            yield return new ValidationResult($"minimumReturn {MinimumReturn} is not below maximumReturn {MaximumReturn}. Give the lowest and the highest discounted return of the task.");
        }
        if (Returns == ReturnKind.Implicit && Hidden.Length == 0)
        {
            yield return new ValidationResult("implicit returns need at least one hidden layer, whose features meet the probabilities. Set hidden=64 or more.");
        }
        if (HuberThreshold == 0 && Returns is not (ReturnKind.Quantile or ReturnKind.Implicit))
        {
            yield return new ValidationResult("huberThreshold 0 is the absolute error, which only quantile returns use. Give a number above 0.");
        }
    }
}
