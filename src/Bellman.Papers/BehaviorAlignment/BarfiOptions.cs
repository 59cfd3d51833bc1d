using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.BehaviorAlignment;

/// <summary>What the policy learns from.</summary>
public enum AlignmentMethod
{
    /// <summary>BARFI: a reward and a discount that are themselves learned, from the primary return of the policy they make.</summary>
    Barfi,

    /// <summary>The primary reward alone.</summary>
    Primary,

    /// <summary>Primary plus auxiliary reward.</summary>
    Naive,

    /// <summary>The primary return minus the auxiliary reward with which the state was entered: shaping by a potential.</summary>
    Potential,
}

/// <summary>What a step is credited with.</summary>
public enum AlignmentCredit
{
    /// <summary>The discounted return that follows it: REINFORCE.</summary>
    Returns,

    /// <summary>r + γ V(s') - V(s) with a linear V: the one-step actor-critic.</summary>
    Advantages,
}

/// <summary>How the blend of rewards is parametrised.</summary>
public enum BlendForm
{
    /// <summary>r = f1(x) + r_p + f3(x) r_aux.</summary>
    Additive,

    /// <summary>r = f1(x) + f2(x) r_p + f3(x) r_aux.</summary>
    Full,

    /// <summary>r = (b1 - 1) + r_p + b3 w r_aux, three numbers that begin at 1.</summary>
    Scalars,
}

/// <summary>What describes a state.</summary>
public enum AlignmentFeatures
{
    /// <summary>The coupled cosine basis.</summary>
    Fourier,

    /// <summary>Tile coding.</summary>
    Tiles,
}

/// <summary>How H⁻¹ v is approximated.</summary>
public enum InverseMethod
{
    /// <summary>The Neumann series.</summary>
    Neumann,

    /// <summary>Conjugate gradients.</summary>
    ConjugateGradient,
}

/// <summary>Options of <see cref="Barfi"/>; the defaults are those of the square with its goal.</summary>
public sealed record BarfiOptions : IValidatableObject
{
    /// <summary>What the policy learns from.</summary>
    [Description("barfi learns the reward; primary, naive and potential are its baselines")]
    public AlignmentMethod Method { get; init; }

    /// <summary>Whether baselines too learn from kept trajectories.</summary>
    [Description("whether a baseline takes BARFI's inner steps on kept trajectories, instead of one step on the latest: the same effort without the outer level")]
    public bool Replay { get; init; }

    /// <summary>What a step is credited with.</summary>
    [Description("returns (REINFORCE) or advantages (one-step actor-critic)")]
    public AlignmentCredit Credit { get; init; }

    /// <summary>How rewards are blended.</summary>
    [Description("additive: f1(x) + r_p + f3(x) r_aux; full also weighs r_p; scalars is three numbers for all states")]
    public BlendForm Blend { get; init; }

    /// <summary>w of the scalar blend.</summary>
    [Description("weight of the auxiliary reward at the start (blend=scalars)")]
    [Range(-1e6, 1e6)]
    public double AuxiliaryWeight { get; init; } = 1;

    /// <summary>What describes a state.</summary>
    [Description("fourier or tiles")]
    public AlignmentFeatures Features { get; init; }

    /// <summary>Order of the Fourier basis.</summary>
    [Description("highest frequency of the Fourier basis; larger tells places apart better and makes more features")]
    [Range(0, 20)]
    public int FourierOrder { get; init; } = 3;

    /// <summary>Tiles a variable.</summary>
    [Description("tiles a variable (features=tiles)")]
    [Range(1, 100)]
    public int Tiles { get; init; } = 4;

    /// <summary>Tilings.</summary>
    [Description("displaced grids of tiles (features=tiles)")]
    [Range(1, 100)]
    public int Tilings { get; init; } = 5;

    /// <summary>Lowest of each state variable; empty takes the space's.</summary>
    [Description("lowest of each state variable; none takes the space's bound")]
    public double[] Low { get; init; } = [];

    /// <summary>Highest of each state variable; empty takes the space's.</summary>
    [Description("highest of each state variable; none takes the space's bound")]
    public double[] High { get; init; } = [];

    /// <summary>The optimisers' rule.</summary>
    [Description("rmsprop (no bias correction: the first steps are large), adam or sgd; with sgd a small seriesStep makes small steps")]
    public StepRule Optimizer { get; init; }

    /// <summary>Step size of the policy.</summary>
    [Description("step size of the policy")]
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public double ActorLearningRate { get; init; } = 0.001;

    /// <summary>Step size of the reward.</summary>
    [Description("step size of the reward; 0 keeps it as it begins")]
    [Range(0.0, 100.0)]
    public double RewardLearningRate { get; init; } = 0.005;

    /// <summary>Step size of the discount.</summary>
    [Description("step size of the inner discount's logit; 0 keeps it")]
    [Range(0.0, 100.0)]
    public double DiscountLearningRate { get; init; } = 0.005;

    /// <summary>Step size of V.</summary>
    [Description("step size of the values (credit=advantages)")]
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public double CriticLearningRate { get; init; } = 0.01;

    /// <summary>λ_γ.</summary>
    [Description("weight of the penalty on the inner discount; larger makes the policy look less far")]
    [Range(0.0, 1e6)]
    public double DiscountPenalty { get; init; } = 1;

    /// <summary>λ_r.</summary>
    [Description("weight of the penalty on the norms of the reward's parameters")]
    [Range(0.0, 1e6)]
    public double RewardPenalty { get; init; }

    /// <summary>c_H.</summary>
    [Description("weight of the policy's entropy in the inner objective")]
    [Range(0.0, 1e6)]
    public double Entropy { get; init; } = 0.25;

    /// <summary>γ of the outer objective.</summary>
    [Description("discount of the primary return that counts")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>The inner discount's logit at the start.</summary>
    [Description("logit of the inner discount at the start; 4.6 is a discount of 0.99005")]
    [Range(-50.0, 50.0)]
    public double DiscountLogit { get; init; } = 4.6;

    /// <summary>Trajectories kept.</summary>
    [Description("trajectories kept, at least every + 2; older ones are forgotten")]
    [Range(1, 1_000_000)]
    public int BufferSize { get; init; } = 1000;

    /// <summary>B.</summary>
    [Description("trajectories of an inner step")]
    [Range(1, 10_000)]
    public int BatchSize { get; init; } = 1;

    /// <summary>Batches of older trajectories for the inner curvature.</summary>
    [Description("batches of older trajectories from which the inner gradient's derivatives are taken")]
    [Range(1, 10_000)]
    public int CurvatureBatches { get; init; } = 15;

    /// <summary>δ.</summary>
    [Description("episodes between updates")]
    [Range(1, 100_000)]
    public int Every { get; init; } = 3;

    /// <summary>E_inner.</summary>
    [Description("inner steps an episode")]
    [Range(1, 100_000)]
    public int InnerSteps { get; init; } = 5;

    /// <summary>E_first.</summary>
    [Description("episodes of warm-up on primary plus auxiliary reward, and inner steps at its end")]
    [Range(0, 1_000_000)]
    public int FirstEpisodes { get; init; } = 150;

    /// <summary>H⁻¹ v.</summary>
    [Description("neumann or conjugateGradient")]
    public InverseMethod Inverse { get; init; }

    /// <summary>K, or products of conjugate gradients.</summary>
    [Description("terms of the Neumann series (0 is FRODO, the first-order method), or products of conjugate gradients")]
    [Range(0, 100_000)]
    public int Terms { get; init; } = 5;

    /// <summary>a.</summary>
    [Description("step size of the Neumann series; larger is nearer to the inverse until it diverges")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double SeriesStep { get; init; } = 5e-4;

    /// <summary>λ of conjugate gradients.</summary>
    [Description("damping of conjugate gradients")]
    [Range(0.0, 1e6)]
    public double Damping { get; init; } = 0.01;

    /// <summary>Whether the policy gradient keeps γ^t.</summary>
    [Description("whether a step's gradient keeps the factor discount^t that everybody drops")]
    public bool DiscountSteps { get; init; }

    /// <summary>Whether old actions are weighed by how likely they are now.</summary>
    [Description("whether actions of old trajectories are weighed by how much likelier they have become")]
    public bool ImportanceRatios { get; init; }

    /// <summary>Steps of the longest episode; null takes the environment's limit.</summary>
    [Description("steps of the longest episode; none takes the environment's time limit")]
    [Range(1, 10_000_000)]
    public int? Horizon { get; init; }

    /// <summary>What is allowed but does nothing; null if nothing.</summary>
    public string? Warning => Method == AlignmentMethod.Barfi && DiscountPenalty > 0 && DiscountLearningRate == 0
        ? $"discountPenalty is {DiscountPenalty} while discountLearningRate is 0: the discount does not move, so the penalty does nothing. Raise the one or set the other to 0."
        : null;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BufferSize < Every + 2) { yield return new ValidationResult($"bufferSize is {BufferSize}; the outer step needs the last {Every + 1} trajectories and older ones, so at least every + 2 = {Every + 2}."); }
        if (BufferSize < Every + 2 || Inverse == InverseMethod.Neumann) { yield break; }
        if (Terms < 1) { yield return new ValidationResult("terms is 0; conjugate gradients take at least one product. FRODO is inverse=neumann with terms=0."); }
    }
}
