using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Mbpo"/>: those of soft actor-critic, of the model, and of rollouts in it.</summary>
public sealed record MbpoOptions : SacOptions
{
    /// <summary>Ten updates an environment step, as the model makes room for.</summary>
    public MbpoOptions() => (LearningStarts, UpdatesPerRound) = (1_000, 10);

    /// <summary>The model.</summary>
    public EnsembleOptions Model { get; init; } = new();

    /// <summary>When episodes end.</summary>
    [Description("When an imagined episode ends: auto (the environment's own, where it is known), never, hopper, walker2d, invertedPendulum or mountainCar.")]
    public string Terminal { get; init; } = TerminalFunctions.Automatic;

    /// <summary>Environment steps between trainings of the model.</summary>
    [Description("Environment steps between trainings of the model; fewer keep it nearer to what was met and cost more.")]
    [Range(1, 1_000_000)]
    public int ModelEvery { get; init; } = 250;

    /// <summary>Environment steps between rounds of rollouts.</summary>
    [Description("Environment steps between rounds of rollouts; fewer correct sooner what the critics think of the policy's actions.")]
    [Range(1, 1_000_000)]
    public int RolloutEvery { get; init; } = 25;

    /// <summary>Rollouts of a round.</summary>
    [Description("Rollouts of a round, each from a real state; more imagine more varied data.")]
    [Range(1, 10_000_000)]
    public int Rollouts { get; init; } = 1_000;

    /// <summary>Rounds kept.</summary>
    [Description("Rounds whose imagined transitions are kept; fewer follow policy and model more closely.")]
    [Range(1, 100_000)]
    public int Retain { get; init; } = 40;

    /// <summary>Share of real rows.</summary>
    [Description("Share of real transitions in a batch; the rest is imagined. 1 is soft actor-critic without a model.")]
    [Range(0.0, 1.0)]
    public double RealShare { get; init; } = 0.05;

    /// <summary>x of the schedule.</summary>
    [Description("Steps of a rollout at the beginning, k; longer reaches further and adds up the model's errors.")]
    [Range(1, 100_000)]
    public int RolloutLength { get; init; } = 1;

    /// <summary>y of the schedule.</summary>
    [Description("Steps of a rollout once it has grown.")]
    [Range(1, 100_000)]
    public int FinalRolloutLength { get; init; } = 1;

    /// <summary>a of the schedule.</summary>
    [Description("Epoch (of 1000 environment steps) at which rollouts begin to grow.")]
    [Range(0.0, 1e9)]
    public double GrowFrom { get; init; } = 20;

    /// <summary>b of the schedule.</summary>
    [Description("Epoch (of 1000 environment steps) at which rollouts have grown.")]
    [Range(0.0, 1e9)]
    public double GrowUntil { get; init; } = 150;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext)) { yield return problem; }
        if (MultiStep > 1 || Hindsight != HindsightStrategy.None) { yield return new ValidationResult("a model is learned from single steps as they were. Set multiStep=1 and hindsight=none."); }
        if (GrowUntil <= GrowFrom) { yield return new ValidationResult($"growUntil {GrowUntil} is not after growFrom {GrowFrom}. Raise growUntil."); }
    }

    /// <summary>The plan, counted in updates.</summary>
    internal RolloutPlan Plan()
    {
        var perStep = (double)UpdatesPerRound / TrainEvery;
        int Updates(int steps) => Math.Max(1, (int)Math.Round(steps * perStep));
        return new RolloutPlan
        {
            UpdatesPerRound = Updates(RolloutEvery),
            UpdatesPerFit = Updates(ModelEvery),
            Rollouts = Rollouts,
            Retain = Retain,
            LongestRollout = Math.Max(RolloutLength, FinalRolloutLength),
            RealShare = RealShare,
            RolloutLength = updates => RolloutPlan.Horizon((LearningStarts + updates / perStep) / 1000, GrowFrom, GrowUntil, RolloutLength, FinalRolloutLength),
        };
    }
}
