using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="DecisionTransformer"/>.</summary>
public sealed record DecisionTransformerOptions : OfflineOptions
{
    /// <summary>The paper's: three blocks of 128, step size 1e-4, gradients to 0.25, batches of 64; observations normalised.</summary>
    public DecisionTransformerOptions()
    {
        Hidden = [128, 128, 128];
        LearningRate = 1e-4;
        MaximumGradientNorm = 0.25;
        BatchSize = 64;
        NormalizeObservations = true;
    }

    /// <summary>K.</summary>
    [Description("Steps that the transformer looks back over, K; longer remembers more and costs more.")]
    [Range(1, 1_000)]
    public int Context { get; init; } = 20;

    /// <summary>Attention heads.</summary>
    [Description("Attention heads; they divide the width of hidden.")]
    [Range(1, 1_000)]
    public int Heads { get; init; } = 1;

    /// <summary>The return that is asked for in play.</summary>
    [Description("Return that is asked for when it plays, in the environment's units; none asks for the best of the data.")]
    [Range(-1e9, 1e9)]
    public double? TargetReturn { get; init; }

    /// <summary>What returns are divided by.</summary>
    [Description("Number that returns are divided by before they are read; none takes the largest magnitude in the data.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? ReturnScale { get; init; }

    /// <summary>Time steps told apart.</summary>
    [Description("Time steps of an episode that are told apart; later ones count as the last.")]
    [Range(1, 1_000_000)]
    public int Horizon { get; init; } = 1_000;

    /// <summary>AdamW's decay.</summary>
    [Description("Decay of weights, decoupled (AdamW).")]
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Updates over which the step size rises.</summary>
    [Description("Updates over which the step size rises to learningRate; the paper takes 10000 of 100000.")]
    [Range(0, 1_000_000_000)]
    public int WarmUp { get; init; } = 1_000;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext)) { yield return problem; }
        if (Hidden.Length == 0 || Hidden.Distinct().Count() > 1) { yield return new ValidationResult("hidden lists the width of every block, and blocks of a transformer have one width, e.g. 64,64."); }
        else if (Hidden[0] % Heads != 0) { yield return new ValidationResult($"{Heads} heads do not divide the width {Hidden[0]} of hidden."); }
        if (Rewards != RewardForm.Recorded) { yield return new ValidationResult("rewards must be recorded: a decision transformer reads returns, which returnScale scales."); }
    }
}
