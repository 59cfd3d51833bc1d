using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What every evolutionary agent can be told.</summary>
public abstract record EvolutionOptions : AlgorithmOptions
{
    /// <summary>Returns count undiscounted by default.</summary>
    protected EvolutionOptions() => Gamma = 1;

    /// <summary>Widths of the hidden layers; none is a linear policy.</summary>
    [Description("Widths of the hidden layers of the policy, e.g. 32,32; [] is a linear policy, which has fewest numbers to search.")]
    [Range(1, 65536)]
    public int[] Hidden { get; init; } = [];

    /// <summary>Activation of the hidden layers.</summary>
    [Description("Activation of the hidden layers.")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>Episodes that each candidate plays in a generation.</summary>
    [Description("Episodes each candidate plays; more judge it better and cost more. All candidates of a generation play the same ones.")]
    [Range(1, 10_000)]
    public int Episodes { get; init; } = 1;

    /// <summary>Whether observations are normalised.</summary>
    [Description("Normalise observations by their running mean and deviation over the episodes of the search's centre.")]
    public bool NormalizeObservations { get; init; }
}

/// <summary>Options of the agent <c>cma-es</c>.</summary>
public sealed record CmaEsOptions : EvolutionOptions
{
    /// <summary>Candidates of a generation.</summary>
    [Description("Candidates of a generation, or none for 4 + 3 ln n; more search more globally and slower.")]
    [Range(2, 1_000_000)]
    public int? Population { get; init; }

    /// <summary>sigma at the start.</summary>
    [Description("Standard deviation of the search at the start, in units of the policy's weights; it adapts itself.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double InitialDeviation { get; init; } = 0.5;
}

/// <summary>Options of the agent <c>openai-es</c>.</summary>
public sealed record OpenAiEsOptions : EvolutionOptions, IValidatableObject
{
    /// <summary>Candidates of a generation.</summary>
    [Description("Candidates of a generation, an even number: they come in mirrored pairs. More give a steadier gradient.")]
    [Range(2, 1_000_000)]
    public int Population { get; init; } = 40;

    /// <summary>sigma.</summary>
    [Description("How far candidates lie from the centre in each weight; larger smooths the return more. Usually 0.02 to 0.5.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Deviation { get; init; } = 0.1;

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size for the centre; larger moves faster until it becomes unstable.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 0.03;

    /// <summary>Decoupled decay of the weights.</summary>
    [Description("Decay of the policy's weights towards 0 in each generation, times the learning rate; keeps a policy small.")]
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Population % 2 != 0) { yield return new ValidationResult($"population {Population} is odd, but candidates come in mirrored pairs. Make it even."); }
    }
}
