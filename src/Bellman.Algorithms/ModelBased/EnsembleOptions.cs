using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="GaussianEnsemble"/>, <c>--set model.members=7</c>. Defaults are those of MBPO's and MOPO's code.</summary>
public sealed record EnsembleOptions : IOptionGroup, IValidatableObject
{
    /// <summary>Widths of the hidden layers.</summary>
    [Description("Widths of the model's hidden layers; wider fits more complex dynamics and costs more.")]
    [Range(1, 65536)]
    public int[] Hidden { get; init; } = [200, 200, 200, 200];

    /// <summary>Networks of the ensemble.</summary>
    [Description("Networks of the model; more say better where the model does not know.")]
    [Range(1, 100)]
    public int Members { get; init; } = 7;

    /// <summary>Those that predict.</summary>
    [Description("How many of them predict: those with the smallest error on held-out transitions.")]
    [Range(1, 100)]
    public int Elites { get; init; } = 5;

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size for the model.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Transitions in a batch.</summary>
    [Description("Transitions in a batch of the model; larger gives steadier and fewer steps an epoch.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 256;

    /// <summary>Share of the transitions that is held out.</summary>
    [Description("Share of the transitions that is held out of the model's training, to stop it and to choose the elites.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double HoldOut { get; init; } = 0.2;

    /// <summary>Epochs without an improvement after which training stops.</summary>
    [Description("Epochs in a row without a member whose held-out likelihood improves, after which the model's training stops; larger fits more closely.")]
    [Range(1, 100_000)]
    public int Patience { get; init; } = 5;

    /// <summary>Batches of an epoch at least.</summary>
    [Description("Batches of an epoch at least: small data are passed several times before an epoch is judged, or training would end before it has begun.")]
    [Range(1, 1_000_000)]
    public int MinimumBatches { get; init; } = 100;

    /// <summary>Most epochs of a training.</summary>
    [Description("Most epochs of one training of the model.")]
    [Range(1, 1_000_000)]
    public int MaximumEpochs { get; init; } = 1_000;

    /// <summary>Factor on the published decays of the layers.</summary>
    [Description("Factor on the weight decay of the layers (2.5e-5, 5e-5, 7.5e-5 ..., 1e-4 at the output); larger keeps the model smoother, 0 takes none.")]
    [Range(0.0, 1e6)]
    public double WeightDecay { get; init; } = 1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Elites > Members) { yield return new ValidationResult($"model.elites {Elites} are more than model.members {Members}. Lower model.elites or raise model.members."); }
    }
}
