using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>A recurrent layer: its cell and its width.</summary>
internal sealed record RecurrentLayer(RecurrentCell Cell, int Size);

/// <summary>Networks between observations and heads.</summary>
public enum NetworkKind
{
    /// <summary>Convolutions for pictures that are large enough, an MLP otherwise.</summary>
    Auto,

    /// <summary>A multilayer perceptron on the flattened observation.</summary>
    Mlp,

    /// <summary>The convolutions of Mnih et al. 2015.</summary>
    Nature,
}

/// <summary>What every algorithm with a stochastic policy and a value function can be told.</summary>
public abstract record ActorCriticOptions : NeuralOptions
{
    /// <summary>Distribution over continuous actions.</summary>
    [Description("Distribution over continuous actions: gaussian, clipped at the bounds; tanhGaussian and beta lie within them; stateDependent explores smoothly. Choices are always categorical.")]
    public ActionDistribution Distribution { get; init; }

    /// <summary>Steps for which state-dependent noise is kept.</summary>
    [Description("Steps for which the noise of distribution=stateDependent is kept; more explore more smoothly and see fewer different noises.")]
    [Range(1, 1_000_000)]
    public int NoiseSteps { get; init; } = 8;

    /// <summary>The network between observations and heads.</summary>
    [Description("The network between observations and heads: auto takes the nature convolutions for pictures of at least 36 x 36 and an MLP otherwise.")]
    public NetworkKind Network { get; init; }

    /// <summary>Whether policy and value share their hidden layers.</summary>
    [Description("Let policy and value share their hidden layers: cheaper, and features learnt by one serve the other; apart they cannot disturb each other. Where returns are large, lower valueCoefficient with it, or the value drowns the policy.")]
    public bool SharedTrunk { get; init; }

    /// <summary>Weight of the value loss.</summary>
    [Description("Weight of the value loss in the total.")]
    [Range(0.0, 1e6)]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Weight of the entropy bonus.</summary>
    [Description("Weight of the entropy bonus; larger keeps exploring longer. Usually 0 to 0.02.")]
    [Range(0.0, 1e6)]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Whether advantages are normalised in each batch.</summary>
    [Description("Normalise advantages in each batch that a step is taken on.")]
    public bool NormalizeAdvantages { get; init; } = true;

    /// <summary>Whether the learning rate falls linearly to 0.</summary>
    [Description("Let the learning rate fall linearly to 0 over the run.")]
    public bool AnnealLearningRate { get; init; } = true;

    /// <summary>Initial log standard deviation of a Gaussian policy.</summary>
    [Description("Initial log standard deviation of a Gaussian policy, in units of half the action range.")]
    [Range(-20.0, 2.0)]
    public double InitialLogStandardDeviation { get; init; }

    /// <summary>The recurrent layer above the hidden ones; null for none.</summary>
    internal virtual RecurrentLayer? Memory => null;

    /// <summary>The learning rate after <paramref name="steps"/> of <paramref name="totalSteps"/>.</summary>
    internal double LearningRateAt(long steps, long totalSteps) => LearningRate * (AnnealLearningRate ? Math.Max(0, 1 - (double)steps / totalSteps) : 1);
}

/// <summary>What every algorithm that learns from rollouts of a fixed length can be told.</summary>
public abstract record RolloutOptions : ActorCriticOptions
{
    /// <summary>Steps each copy takes between updates, T.</summary>
    [Description("Steps each copy takes between updates; longer segments have less biased advantages and rarer updates.")]
    [Range(1, 1_000_000)]
    public int RolloutSteps { get; init; } = 128;

    /// <summary>Trace decay of the advantages.</summary>
    [Description("Trace decay of generalised advantage estimation: 0 trusts the critic, 1 the rewards.")]
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>The recurrent layer above the hidden ones, or none.</summary>
    [Description("A recurrent layer above the hidden ones, lstm or gru, for tasks in which one observation does not show the state; none remembers nothing.")]
    public RecurrentCell? Recurrent { get; init; }

    /// <summary>Width of the recurrent layer.</summary>
    [Description("Width of the recurrent layer; wider remembers more and costs more.")]
    [Range(1, 65536)]
    public int RecurrentSize { get; init; } = 64;

    internal override RecurrentLayer? Memory => Recurrent is { } cell ? new RecurrentLayer(cell, RecurrentSize) : null;
}
