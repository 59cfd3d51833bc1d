using System.Globalization;
using Bellman.Algorithms;
using Bellman.Environments;

namespace Bellman.Papers.TrajectoryWeighting;

/// <summary>A data set of a little expert and much random play.</summary>
/// <param name="Data">Expert episodes first.</param>
/// <param name="ExpertEpisodes">How many these are.</param>
public sealed record MixedData(OfflineDataset Data, int ExpertEpisodes)
{
    /// <summary>The probability that a drawn transition is an expert's.</summary>
    public double ExpertMass(TransitionDistribution distribution) => distribution.EpisodeMasses.Take(ExpertEpisodes).Sum();
}

/// <summary>An environment, how much of which play is recorded, and how a policy is measured in it.</summary>
/// <param name="Environment">Its id, with options.</param>
/// <param name="Transitions">Recorded in all.</param>
/// <param name="ExpertShare">The expert's share of them.</param>
/// <param name="Episodes">Fresh episodes that measure a policy.</param>
public sealed record MixedTask(string Environment, int Transitions, double ExpertShare, int Episodes)
{
    private static readonly EnvironmentRegistry Registry = StandardEnvironments.Registry();

    /// <summary>E1: the point that pays for its distance. 400 episodes of 20 steps, 5% of them an expert's.</summary>
    public static MixedTask DriftPoint { get; } = new("DriftPoint-v0", 8_000, 0.05, 200);

    /// <summary>E1 with starts all around the goal, where the expert's return is no linear function of the start.</summary>
    public static MixedTask Centred { get; } = DriftPoint with { Environment = "DriftPoint-v0?lowest=-2&highest=2" };

    /// <summary>E1 with moves that are disturbed.</summary>
    public static MixedTask Noisy { get; } = DriftPoint with { Environment = "DriftPoint-v0?noise=0.2" };

    /// <summary>E2: the pole on a cart. 20,000 transitions, 20% of them an expert's: about 20 of 1,000 episodes.</summary>
    public static MixedTask CartBalance { get; } = new("CartBalance-v0", 20_000, 0.2, 50);

    /// <summary>A fresh copy of the environment.</summary>
    public IEnvironment Make() => Registry.Make(Environment);

    /// <summary>The expert.</summary>
    public IPolicy Expert() => Make().Find<IExpertKnown>()?.CreateExpert() ?? throw new InvalidOperationException($"{Environment} has no expert.");

    /// <summary>Records the data.</summary>
    public MixedData Record(RandomStream random, CancellationToken cancellation = default)
    {
        var experts = (int)Math.Round(ExpertShare * Transitions);
        var chance = new RandomPolicy(Make().ActionSpace, random.Child("random policy"));
        var good = DatasetRecorder.Record(Make, Expert(), experts, random.Child("expert"), "expert", cancellation);
        var rest = DatasetRecorder.Record(Make, chance, Transitions - experts, random.Child("random"), "random", cancellation);
        return new MixedData(OfflineDataset.Concatenate([good, rest]), good.Episodes.Count);
    }

    /// <summary>Fresh episodes of a policy, the same starts for the same seed.</summary>
    public EvaluationResult Measure(IPolicy policy, ulong seed, CancellationToken cancellation = default) => Evaluation.Run(policy, Make, Episodes, seed, cancellation: cancellation);

    /// <summary>What random play and the expert return in the episodes of this seed.</summary>
    public ReferenceReturns References(RandomStream random, ulong seed, CancellationToken cancellation = default) => new(
        Measure(new RandomPolicy(Make().ActionSpace, random.Child("reference policy")), seed, cancellation).MeanReturn, Measure(Expert(), seed, cancellation).MeanReturn,
        string.Create(CultureInfo.InvariantCulture, $"{Episodes} episodes of each"));
}
