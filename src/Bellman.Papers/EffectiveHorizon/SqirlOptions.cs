using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>What SQIRL regresses with.</summary>
public enum SqirlForm
{
    /// <summary>A table over observations, the data of all steps and iterations pooled: the practical algorithm with exact regression.</summary>
    PooledTable,

    /// <summary>A table for each time step, from this iteration's data alone: the algorithm of the theory.</summary>
    TimeIndexedTables,

    /// <summary>A network with k heads.</summary>
    Network,
}

/// <summary>Options of <see cref="Sqirl"/>.</summary>
public sealed record SqirlOptions : IValidatableObject
{
    /// <summary>Steps of an episode, T.</summary>
    [Description("Steps of an episode, T; there is one iteration and one frozen policy for each.")]
    [Range(1, 1_000_000)]
    public int Horizon { get; init; } = 100;

    /// <summary>Planning depth, k.</summary>
    [Description("Planning depth k: 1 acts greedily on the random policy's values, each more adds a Bellman-optimality step and the noise of another maximum.")]
    [Range(1, 1000)]
    public int Depth { get; init; } = 1;

    /// <summary>Episodes an iteration, m.</summary>
    [Description("Episodes an iteration, m; more estimate better and cost T times as many.")]
    [Range(1, 10_000_000)]
    public int Episodes { get; init; } = 100;

    /// <summary>Discount in targets.</summary>
    [Description("Discount in targets.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>What is regressed with.</summary>
    [Description("pooledTable (finite observations), timeIndexedTables (the theory's form) or network.")]
    public SqirlForm Form { get; init; }

    /// <summary>Environment steps after which training ends.</summary>
    [Description("Environment steps after which training ends, even before every time step has its policy.")]
    [Range(1L, long.MaxValue)]
    public long StepBudget { get; init; } = long.MaxValue;

    /// <summary>Whether the data of earlier iterations are kept.</summary>
    [Description("Keep the data of earlier iterations; they are random play too, so nothing is lost by it.")]
    public bool KeepReplay { get; init; } = true;

    /// <summary>Whether steps before the iteration's own are stored.</summary>
    [Description("Store also the steps taken by frozen policies. Wrong, for comparison: the returns are then not those of random play.")]
    public bool StoreAll { get; init; }

    /// <summary>Share of the step budget in which nothing is frozen.</summary>
    [Description("Share of the step budget in which data are collected by random play and learned from before anything is frozen; needs a step budget.")]
    [Range(0.0, 1.0)]
    public double ExplorationFraction { get; init; }

    /// <summary>Transitions kept.</summary>
    [Description("Transitions kept; the oldest go first.")]
    [Range(1, 100_000_000)]
    public int BufferSize { get; init; } = 1_000_000;

    /// <summary>Factor on the priority of old data.</summary>
    [Description("Factor on the priority of stored transitions after each iteration; below 1 recent ones are drawn more often (network only).")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ReplayPriorityFactor { get; init; } = 1;

    /// <summary>Widths of the hidden layers.</summary>
    [Description("Widths of the hidden layers (network only).")]
    [Range(1, 65536)]
    public int[] Hidden { get; init; } = [64, 64];

    /// <summary>Whether every head has a network of its own.</summary>
    [Description("A network of its own for every head instead of one with k heads (network only).")]
    public bool SeparateNetworks { get; init; }

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size (network only).")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Whether the step size falls to 0 within each iteration.</summary>
    [Description("Let the step size fall linearly to 0 within each iteration (network only).")]
    public bool AnnealLearningRate { get; init; }

    /// <summary>Transitions of a gradient step.</summary>
    [Description("Transitions of a gradient step (network only).")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 128;

    /// <summary>Passes over as many transitions as were collected.</summary>
    [Description("Passes over as many transitions as the iteration collected steps (network only).")]
    [Range(1, 10_000)]
    public int Epochs { get; init; } = 10;

    /// <summary>Bound on the global norm of a gradient.</summary>
    [Description("Gradients longer than this are scaled down to it (network only).")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 10;

    /// <summary>Whether each head's loss is divided by its running mean.</summary>
    [Description("Divide each head's loss by its running mean, so that the Monte-Carlo head, whose loss is the largest, does not rule a shared network.")]
    public bool ScaleLosses { get; init; } = true;

    /// <summary>Smoothing of that running mean.</summary>
    [Description("Smoothing of the heads' mean losses; nearer 1 follows slower.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double LossSmoothing { get; init; } = 0.99;

    /// <summary>Decay of averaged weights for the frozen copies.</summary>
    [Description("Decay of an exponential average of the weights from which frozen copies are taken; 0 takes the weights themselves.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double WeightAveraging { get; init; }

    /// <summary>Whether errors beyond 1 count linearly.</summary>
    [Description("Huber loss instead of squares: errors beyond 1 count linearly (network only).")]
    public bool Huber { get; init; }

    /// <summary>Atoms of a categorical return.</summary>
    [Description("Atoms of a categorical distribution of returns for each head; 0 learns means (network only).")]
    [Range(0, 1000)]
    public int Atoms { get; init; }

    /// <summary>Lowest atom.</summary>
    [Description("Lowest return of a categorical distribution.")]
    public double MinimumReturn { get; init; }

    /// <summary>Highest atom.</summary>
    [Description("Highest return of a categorical distribution.")]
    public double MaximumReturn { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Depth > Horizon) { yield return new ValidationResult($"depth is {Depth}, beyond the horizon of {Horizon} steps; it must be from 1 to {Horizon}."); }
        if (ExplorationFraction > 0 && StepBudget == long.MaxValue) { yield return new ValidationResult("explorationFraction is a share of the step budget, and there is none. Set stepBudget too."); }
        if (Atoms > 0 && (Atoms < 2 || !(MinimumReturn < MaximumReturn))) { yield return new ValidationResult($"a categorical return needs two or more atoms and a minimum below its maximum; got {Atoms} from {MinimumReturn} to {MaximumReturn}."); }
    }
}
