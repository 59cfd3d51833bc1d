using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms.Imitation;

/// <summary>What imitation of an expert who can be asked can be told. A step of training is one of the environment.</summary>
public abstract record ImitationOptions : OfflineOptions
{
    /// <summary>The expert.</summary>
    [Description("The expert: a run (id, folder or latest) with its best policy, or RUN:last with its last.")]
    public string Expert { get; init; } = "";

    /// <summary>Episodes between rounds of updates.</summary>
    [Description("Episodes of a round; after each the policy is fitted to all data so far.")]
    [Range(1, 1_000_000)]
    public int EpisodesPerRound { get; init; } = 5;

    /// <summary>Updates of a round.</summary>
    [Description("Updates of a round; more fit the data better and cost more.")]
    [Range(1, 100_000_000)]
    public int UpdatesPerRound { get; init; } = 2_500;

    /// <summary>Labelled states kept.</summary>
    [Description("Labelled states kept; the oldest are forgotten.")]
    [Range(1, 100_000_000)]
    public int BufferSize { get; init; } = 100_000;

    /// <summary>What the policy is fitted by.</summary>
    [Description("What continuous actions are fitted by: squaredError or likelihood (a deviation is learned).")]
    public CloningLoss Loss { get; init; } = CloningLoss.SquaredError;

    /// <summary>Whether the expert samples.</summary>
    [Description("Whether the expert samples its actions; otherwise it shows its most likely one.")]
    public bool SampleExpert { get; init; }

    /// <summary>The same settings for the learner inside.</summary>
    internal BehaviourCloningOptions Cloning => new()
    {
        Hidden = Hidden,
        Activation = Activation,
        Engine = Engine,
        Threads = Threads,
        LearningRate = LearningRate,
        MaximumGradientNorm = MaximumGradientNorm,
        NormalizeObservations = NormalizeObservations,
        BatchSize = BatchSize,
        Loss = Loss,
    };
}

/// <summary>Options of DAgger.</summary>
public sealed record DAggerOptions : ImitationOptions
{
    /// <summary>β.</summary>
    [Description("Mixture, beta: in round i the expert acts with probability beta^i. 0 leaves it the first round alone; larger keeps it longer.")]
    [Range(0.0, 1.0)]
    public double Mixture { get; init; }

    /// <summary>Share of visited states that are labelled.</summary>
    [Description("Share of the visited states that the expert labels; smaller asks it less.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Labelled { get; init; } = 1;
}

/// <summary>Options of HG-DAgger.</summary>
public sealed record HgDAggerOptions : ImitationOptions
{
    /// <summary>Distance of actions.</summary>
    [Description("Distance of actions, summed over components, from which on the expert takes over; discrete ones are 1 apart where they differ. Larger intervenes less.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double Threshold { get; init; } = 0.5;

    /// <summary>m.</summary>
    [Description("Steps that an intervention lasts.")]
    [Range(1, 1_000_000)]
    public int TakeOverSteps { get; init; } = 4;

    /// <summary>ε at the start.</summary>
    [Description("Share of the interventions that the expert misses at first; it falls by e^(-0.1) an episode.")]
    [Range(0.0, 1.0)]
    public double Missed { get; init; } = 0.05;

    /// <summary>Whether the imitator's actions are cloned too.</summary>
    [Description("Whether the imitator's own actions join the data too; the classic algorithm clones the expert's alone.")]
    public bool CloneAll { get; init; }
}
