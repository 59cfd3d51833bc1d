using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Algorithms;
using Bellman.Neural;

namespace Bellman.Papers.Mentor;

/// <summary>Towards what weights are moved now and then.</summary>
public enum PerturbationKind
{
    /// <summary>They are left alone.</summary>
    None,

    /// <summary>Fresh initial weights (DrM, Xu et al. 2024).</summary>
    Random,

    /// <summary>A normal distribution fitted to the weights after the agent's best episodes.</summary>
    TaskOriented,
}

/// <summary>Options of <see cref="MentorAgent"/>; with <see cref="Mixture"/> off and <see cref="PerturbationKind.Random"/> it is DrM.</summary>
public sealed record MentorOptions : DrqOptions
{
    /// <summary>Whether the actor has a mixture of experts.</summary>
    [Description("Whether the actor's second hidden layer is a mixture of experts.")]
    public bool Mixture { get; init; } = true;

    /// <summary>Experts, E.</summary>
    [Description("Experts of the mixture, E; 4 to 32 are about alike.")]
    [Range(2, 1024)]
    public int Experts { get; init; } = 16;

    /// <summary>Experts that take part, k.</summary>
    [Description("Experts that take part for an observation, k.")]
    [Range(1, 1024)]
    public int ActiveExperts { get; init; } = 4;

    /// <summary>Width of experts.</summary>
    [Description("Width of an expert's hidden layer.")]
    [Range(1, 8192)]
    public int ExpertWidth { get; init; } = 256;

    /// <summary>Width of the gate.</summary>
    [Description("Width of the gate's hidden layer.")]
    [Range(1, 8192)]
    public int GateWidth { get; init; } = 256;

    /// <summary>Dropout of the gate.</summary>
    [Description("Share of the gate's hidden units left out in updates; acting and evaluation use all.")]
    [Range(0.0, 0.9)]
    public double GateDropout { get; init; } = 0.1;

    /// <summary>What is added to the actor's loss.</summary>
    [Description("What is added to the actor's loss: entropy of the gate (as the released code amounts to), balance of the experts, or none.")]
    public GateLoss GateLoss { get; init; } = GateLoss.Entropy;

    /// <summary>Its weight.</summary>
    [Description("Weight of that loss; 1 for entropy, 0.002 for balance.")]
    [Range(0.0, 1000.0)]
    public double GateLossWeight { get; init; } = 1;

    /// <summary>Towards what weights are perturbed.</summary>
    [Description("Towards what weights are moved now and then: none, random (fresh ones) or taskOriented (those after the best episodes).")]
    public PerturbationKind Perturbation { get; init; } = PerturbationKind.TaskOriented;

    /// <summary>Members of the set.</summary>
    [Description("Best episodes whose weights are kept, M; each is a copy of actor, critics and value.")]
    [Range(2, 1000)]
    public int Snapshots { get; init; } = 10;

    /// <summary>Updates between perturbations.</summary>
    [Description("Updates between perturbations; 50,000 for manipulation tasks.")]
    [Range(1, 100_000_000)]
    public int PerturbEvery { get; init; } = 10_000;

    /// <summary>Least share of the weights kept.</summary>
    [Description("Least share of the weights that a perturbation keeps, alpha.")]
    [Range(0.0, 1.0)]
    public double AlphaMinimum { get; init; } = 0.2;

    /// <summary>Largest share of the weights kept.</summary>
    [Description("Largest share of the weights that a perturbation keeps; 0.6 to 1 by task.")]
    [Range(0.0, 1.0)]
    public double AlphaMaximum { get; init; } = 0.9;

    /// <summary>How fast the share falls with dormancy.</summary>
    [Description("How fast that share falls with the share of dormant neurons.")]
    [Range(0.0, 100.0)]
    public double AlphaRate { get; init; } = 2;

    /// <summary>Whether mixtures are perturbed twice.</summary>
    [Description("Whether the mixture is moved towards fresh weights before the best ones, as the released code does.")]
    public bool DoublePass { get; init; }

    /// <summary>Threshold of dormancy.</summary>
    [Description("Share of a layer's mean answer below which a neuron counts as dormant.")]
    [Range(0.0, 1.0)]
    public double DormantThreshold { get; init; } = DormantNeurons.DefaultThreshold;

    /// <summary>Dormant ratio at which schedules turn.</summary>
    [Description("Share of dormant neurons at which exploration turns into exploitation.")]
    [Range(0.0, 1.0)]
    public double DormantTarget { get; init; } = 0.2;

    /// <summary>Steepness of the noise's schedule.</summary>
    [Description("How sharply exploration noise answers to the share of dormant neurons.")]
    [Range(0.0, 1000.0)]
    public double DormantTemperature { get; init; } = 10;

    /// <summary>Largest noise.</summary>
    [Description("Deviation of exploration noise where all neurons are dormant, c; 1 for manipulation tasks.")]
    [Range(0.0, 10.0)]
    public double NoiseScale { get; init; } = 0.8;

    /// <summary>Weight of the value in targets.</summary>
    [Description("Weight of the value of the best seen actions in targets where no neuron is dormant, lambda.")]
    [Range(0.0, 1.0)]
    public double ExploitTarget { get; init; } = 0.6;

    /// <summary>Steepness of that weight.</summary>
    [Description("How sharply that weight answers to the share of dormant neurons; 0 keeps half of it.")]
    [Range(0.0, 1000.0)]
    public double ExploitTemperature { get; init; } = 50;

    /// <summary>Expectile of the value.</summary>
    [Description("Expectile that the value fits, 0.5 for the mean; 0.6 to 0.9 by task.")]
    [Range(0.5, 0.999)]
    public double Expectile { get; init; } = 0.9;

    /// <summary>Bound on the actor's gradient.</summary>
    [Description("The actor's gradients longer than this are scaled down to it; before Adam that matters at spikes only.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double ActorGradientNorm { get; init; } = 0.001;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var result in base.Validate(validationContext)) { yield return result; }
        if (AlphaMinimum > AlphaMaximum) { yield return new ValidationResult($"alphaMinimum {AlphaMinimum} is above alphaMaximum {AlphaMaximum}. Lower the one or raise the other."); }
        if (ActiveExperts > Experts) { yield return new ValidationResult($"activeExperts {ActiveExperts} is more than the {Experts} experts. Lower it or raise experts."); }
        if (Hidden.Length < 1) { yield return new ValidationResult("hidden needs at least one width: the mixture stands after it."); }
    }
}
