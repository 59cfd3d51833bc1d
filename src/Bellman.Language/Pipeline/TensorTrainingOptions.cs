using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>What turns gradients into steps.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay.</summary>
    Adam,

    /// <summary>Plain gradient descent without momentum.</summary>
    Sgd,
}

/// <summary>What every trainer with rewards, preferences or examples can be told about its optimiser.</summary>
public abstract record TensorTrainingOptions
{
    /// <summary>Steps over which the learning rate falls to 0.</summary>
    [Description("The learning rate falls linearly to 0 over this many steps; 0 keeps it constant.")]
    [Range(0L, 1_000_000_000L)]
    public long DecaySteps { get; init; }

    /// <summary>Bound on the gradient's global norm.</summary>
    [Description("Gradients longer than this are scaled down to it.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 1;

    /// <summary>What turns gradients into steps.</summary>
    [Description("adam, or sgd: plain gradient descent, which keeps how much larger one parameter's gradient is than another's and wants rates about a hundred times larger.")]
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Adam's beta2.</summary>
    [Description("Adam's beta2: nearer 1 remembers the scale of gradients for longer; 0.95 to 0.98 suit short runs.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double SecondMoment { get; init; } = 0.999;

    /// <summary>Decoupled weight decay.</summary>
    [Description("Decoupled weight decay.")]
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; }

    /// <summary>Most tokens that are computed at once.</summary>
    [Description("Most tokens of a mini-batch that the policy (and its critic) computes at once: a larger one is cut into parts, its gradient is that of the whole, and memory is a part's, for one more forward pass. 0 computes all at once.")]
    [Range(0, 100_000_000)]
    public int TokensAtOnce { get; init; }

    /// <summary>Threads of torch's operations.</summary>
    [Description("Threads of torch's operations; a run is resumed bit for bit only with the same number.")]
    [Range(1, 1024)]
    public int Threads { get; init; } = 1;

    /// <summary>The optimiser of <paramref name="parameters"/>.</summary>
    internal TensorOptimizer CreateOptimizer(IReadOnlyList<NamedTensor> parameters) =>
        Optimizer == OptimizerKind.Sgd ? new TensorSgd(parameters, WeightDecay) : new TensorAdam(parameters, WeightDecay, secondMoment: SecondMoment);

    /// <summary>What is left of a learning rate after <paramref name="steps"/>.</summary>
    internal double Decayed(double learningRate, long steps) =>
        DecaySteps > 0 ? new LinearSchedule(learningRate, 0, DecaySteps).Value(steps) : learningRate;
}
