using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Which recorded episodes a learner sees more of.</summary>
public enum TrajectorySampling
{
    /// <summary>Every transition alike.</summary>
    Uniform,

    /// <summary>Episodes of high return: <see cref="ReturnWeighted"/>, RW.</summary>
    Return,

    /// <summary>Episodes that went better than their start let expect: <see cref="AdvantageWeighted"/>, AW.</summary>
    Advantage,

    /// <summary>The best episodes alone: <see cref="TopShare"/>.</summary>
    Top,
}

/// <summary>How recorded rewards are read; scales are those of the whole data set.</summary>
public enum RewardForm
{
    /// <summary>r as recorded.</summary>
    Recorded,

    /// <summary>1000 r / (max G - min G), as IQL does for locomotion.</summary>
    ReturnRange,

    /// <summary>(r - min r) / (max r - min r).</summary>
    UnitRange,

    /// <summary>r - 1, as IQL does for mazes whose goal pays 1.</summary>
    MinusOne,
}

/// <summary>What every algorithm that learns from a fixed data set can be told. A step of training is an update.</summary>
public abstract record OfflineOptions : NeuralOptions, IValidatableObject
{
    /// <summary>Two hidden layers of 256, gradients as they are.</summary>
    protected OfflineOptions()
    {
        Hidden = [256, 256];
        Activation = Activation.Relu;
        MaximumGradientNorm = 1e9;
    }

    /// <summary>The data set.</summary>
    [Description("The data set: an HDF5 file in the D4RL or Minari layout; several are joined with commas. 'bellman dataset make' records one.")]
    public string Data { get; init; } = "";

    /// <summary>Transitions in a batch.</summary>
    [Description("Transitions in a batch; larger gives steadier and costlier updates.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 256;

    /// <summary>Which episodes are drawn more often.</summary>
    [Description("Which recorded episodes are drawn more often: uniform, return (RW), advantage (AW: return beyond what the start let expect) or top (the best alone). For data that is mostly bad with a little good.")]
    public TrajectorySampling Sampling { get; init; }

    /// <summary>α of the weights exp(z / α).</summary>
    [Description("Temperature alpha of sampling=return and advantage; nearer 0 leaves only the best episodes, Infinity draws uniformly. 0.1, for cql 0.2.")]
    [Range(0.0, double.PositiveInfinity, MinimumIsExclusive = true)]
    public double SamplingTemperature { get; init; } = 0.1;

    /// <summary>q of Top-q%.</summary>
    [Description("Share of episodes that sampling=top keeps.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double SamplingShare { get; init; } = 0.1;

    /// <summary>Powers of the first observation that V reads.</summary>
    [Description("Highest power of the first observation's components that the value of sampling=advantage is fitted with: 1 as published, 2 where starts lie around a goal.")]
    [Range(0, 6)]
    public int SamplingDegree { get; init; } = 1;

    /// <summary>Whether weights are divided by episodes' lengths.</summary>
    [Description("Divide weights by episodes' lengths, so that long ones have no more mass than short ones; not as published.")]
    public bool SamplingPerLength { get; init; }

    /// <summary>Whether the dynamics are known to be stochastic.</summary>
    [Description("Say true where the same actions can lead elsewhere: weighting then warns that a high return may be luck.")]
    public bool StochasticDynamics { get; init; }

    /// <summary>Whether a file without boundaries is one episode.</summary>
    [Description("Say true where a file that marks no end of an episode is one episode.")]
    public bool SingleTrajectory { get; init; }

    /// <summary>How rewards are read.</summary>
    [Description("How rewards are read: recorded, returnRange (1000 r / (max G - min G)), unitRange ((r - min) / (max - min)) or minusOne (r - 1). Returns in reports stay the environment's.")]
    public RewardForm Rewards { get; init; }

    /// <summary>Return of a random policy, for normalised scores.</summary>
    [Description("Return of a random policy: 0 on the scale of normalised scores. None takes what the data set or D4RL says.")]
    public double? ReferenceRandom { get; init; }

    /// <summary>Return of an expert, for normalised scores.</summary>
    [Description("Return of an expert: 100 on the scale of normalised scores. None takes what the data set or D4RL says.")]
    public double? ReferenceExpert { get; init; }

    /// <summary>The files of <see cref="Data"/>.</summary>
    public IReadOnlyList<string> Files() => Data.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What scores episodes as these options say; null where every transition is alike.</summary>
    public ITrajectoryScorer? Scorer()
    {
        ITrajectoryScorer? scorer = Sampling switch
        {
            TrajectorySampling.Return => new ReturnWeighted(SamplingTemperature),
            TrajectorySampling.Advantage => new AdvantageWeighted(SamplingTemperature, SamplingDegree),
            TrajectorySampling.Top => new TopShare(SamplingShare),
            _ => null,
        };
        return SamplingPerLength ? new PerLength(scorer ?? new UniformScorer()) : scorer;
    }

    /// <summary>The ends of the scale of normalised scores: the user's own, what a data set says, or D4RL's; null where nobody says.</summary>
    /// <exception cref="UsageException">A data set cannot be read.</exception>
    public ReferenceReturns? References() => ReferenceRandom is { } low && ReferenceExpert is { } high
        ? new ReferenceReturns(low, high, "the options")
        : Files().Select(ReferenceReturns.OfFile).FirstOrDefault(found => found is not null);

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ReferenceRandom is null != ReferenceExpert is null) { yield return new ValidationResult("referenceRandom and referenceExpert are the two ends of one scale: give both or none."); }
        if (ReferenceRandom is { } low && ReferenceExpert is { } high && !(low != high && double.IsFinite(low) && double.IsFinite(high))) { yield return new ValidationResult("referenceRandom and referenceExpert must be two different finite numbers."); }
    }
}

/// <summary>What offline algorithms with critics can be told besides.</summary>
public abstract record OfflineCriticOptions : OfflineOptions
{
    /// <summary>How far targets move after each update.</summary>
    [Description("How far target networks move towards the critics after an update; larger follows faster and less steadily.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Tau { get; init; } = 0.005;

    /// <summary>The critics' step size; null for <see cref="NeuralOptions.LearningRate"/>.</summary>
    [Description("Step size of the critics; none takes learningRate.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double? CriticLearningRate { get; init; }

    /// <summary>The same settings for a part that learns from replay.</summary>
    public T For<T>(T part) where T : OffPolicyOptions => (T)((OffPolicyOptions)part with
    {
        Hidden = Hidden,
        Activation = Activation,
        Engine = Engine,
        Threads = Threads,
        Gamma = Gamma,
        LearningRate = LearningRate,
        CriticLearningRate = CriticLearningRate,
        MaximumGradientNorm = MaximumGradientNorm,
        BatchSize = BatchSize,
        Tau = Tau,
    });
}

/// <summary>What a cloned policy is fitted by.</summary>
public enum CloningLoss
{
    /// <summary>-log π of the recorded action, with a deviation that is learned.</summary>
    Likelihood,

    /// <summary>Squared error of the mean action.</summary>
    SquaredError,
}

/// <summary>Options of behaviour cloning.</summary>
public sealed record BehaviourCloningOptions : OfflineOptions
{
    /// <summary>What it is fitted by.</summary>
    [Description("What continuous actions are fitted by: likelihood (a deviation is learned) or squaredError. Discrete ones are always fitted by likelihood.")]
    public CloningLoss Loss { get; init; } = CloningLoss.SquaredError;
}

/// <summary>Options of TD3+BC.</summary>
public sealed record Td3BcOptions : OfflineCriticOptions
{
    /// <summary>Observations are normalised, as in the paper.</summary>
    public Td3BcOptions() => NormalizeObservations = true;

    /// <summary>α of λ = α / mean |Q|.</summary>
    [Description("Weight of the value beside imitation, alpha of lambda = alpha / mean |Q|; larger trusts the critics further from the data.")]
    [Range(0.0, 1e6)]
    public double ValueWeight { get; init; } = 2.5;

    /// <summary>Critic updates per update of the actor and the targets.</summary>
    [Description("Critic updates per update of the actor and of all targets.")]
    [Range(1, 1_000)]
    public int PolicyDelay { get; init; } = 2;

    /// <summary>Deviation of the noise on the target's actions.</summary>
    [Description("Deviation of the noise on the target's actions, bounded by 0.5; larger smooths values over neighbouring actions.")]
    [Range(0.0, 2.0)]
    public double TargetNoise { get; init; } = 0.2;
}

/// <summary>Options of implicit Q-learning.</summary>
public sealed record IqlOptions : OfflineCriticOptions
{
    /// <summary>τ of the expectile.</summary>
    [Description("Expectile of values over recorded actions; 0.5 is their mean, nearer 1 the best of them. 0.7 for locomotion, 0.9 where trajectories must be stitched.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double Expectile { get; init; } = 0.7;

    /// <summary>β of exp(β A).</summary>
    [Description("Inverse temperature of the policy, beta; 0 clones the data, larger imitates only what is better than expected. Usually 3 to 10.")]
    [Range(0.0, 1e3)]
    public double InverseTemperature { get; init; } = 3;
}

/// <summary>Options of AWAC.</summary>
public sealed record AwacOptions : OfflineCriticOptions
{
    /// <summary>β of exp(A / λ), λ its inverse.</summary>
    [Description("Inverse of the temperature lambda of exp(A / lambda); 0 clones the data, larger imitates only what is better than the policy.")]
    [Range(0.0, 1e3)]
    public double InverseTemperature { get; init; } = 1;
}

/// <summary>Options of conservative Q-learning.</summary>
public sealed record CqlOptions : OfflineCriticOptions
{
    /// <summary>α of the conservative term.</summary>
    [Description("Weight of the term that lowers the values of actions that were not recorded; larger stays nearer to the data. Usually 5 to 10.")]
    [Range(0.0, 1e4)]
    public double Conservatism { get; init; } = 5;

    /// <summary>τ of the Lagrange form.</summary>
    [Description("Gap between drawn and recorded values that a learned multiplier of conservatism aims at (the Lagrange form), usually 1 to 10; none keeps conservatism as it is.")]
    [Range(-1e6, 1e6)]
    public double? TargetGap { get; init; }

    /// <summary>Actions drawn of each kind.</summary>
    [Description("Actions drawn a state of each of three kinds: at random, from the policy here, and from the policy at the next state. Discrete actions are summed over, not drawn.")]
    [Range(1, 1_000)]
    public int Draws { get; init; } = 10;

    internal GapMultiplier CreateMultiplier() => new(Conservatism, TargetGap, CriticLearningRate ?? LearningRate);
}

/// <summary>Options of EDAC.</summary>
public sealed record EdacOptions : OfflineCriticOptions
{
    /// <summary>N.</summary>
    [Description("Critics, N, whose minimum counts; more are more pessimistic about what was not recorded.")]
    [Range(1, 1_000)]
    public int Critics { get; init; } = 10;

    /// <summary>η.</summary>
    [Description("Weight of the term that keeps the critics' gradients in the action apart, eta; larger needs fewer critics. 0 is SAC-N.")]
    [Range(0.0, 1e6)]
    public double Diversity { get; init; } = 1;
}
