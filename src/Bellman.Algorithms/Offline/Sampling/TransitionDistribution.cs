using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Bellman.Algorithms;

/// <summary>
/// With which probability each transition of a data set is drawn: p(i, t) = w_i / Σ_j T_j w_j, the same for all of an episode, so that longer ones
/// have more mass. Drawing by it is learning from a data set whose behaviour is better.
/// </summary>
public sealed class TransitionDistribution
{
    /// <summary>Below this share of the transitions an effective sample size is a warning.</summary>
    public const double LowestEffectiveShare = 0.01;

    private readonly OfflineDataset data;
    private readonly double[] masses;

    /// <summary>The distribution of a scorer's weights.</summary>
    /// <exception cref="UsageException">The scorer cannot score this data.</exception>
    public TransitionDistribution(OfflineDataset data, ITrajectoryScorer scorer)
    {
        this.data = data;
        var weights = scorer.Weights(data);
        var total = 0.0;
        for (var i = 0; i < weights.Length; i++) { total += data.Episodes[i].Length * weights[i]; }
        Probabilities = new double[data.Count];
        masses = new double[weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            var episode = data.Episodes[i];
            Probabilities.AsSpan(episode.Start, episode.Length).Fill(weights[i] / total);
            masses[i] = episode.Length * weights[i] / total;
        }
    }

    /// <summary>[transitions]: sum 1.</summary>
    public double[] Probabilities { get; }

    /// <summary>[episodes]: the probability that a drawn transition is of the episode.</summary>
    public IReadOnlyList<double> EpisodeMasses => masses;

    /// <summary>J(w) = Σ mass_i G_i: the mean return of the episode that a drawn transition is of.</summary>
    public double MeanReturn
    {
        get
        {
            var total = 0.0;
            for (var i = 0; i < masses.Length; i++) { total += masses[i] * data.Episodes[i].Return; }
            return total;
        }
    }

    /// <summary>ESS = 1 / Σ p²: as many transitions drawn uniformly would vary as much.</summary>
    public double EffectiveSampleSize => 1 / Probabilities.Sum(probability => probability * probability);

    /// <summary>Draws rows by it, from whichever stream it is given: the learner's own streams are not touched.</summary>
    public AliasSampler CreateSampler() => new(Probabilities);

    /// <summary>What a user should know before weighting this data.</summary>
    /// <param name="stochasticDynamics">Whether the same actions are known to lead to different returns.</param>
    public IEnumerable<string> Warnings(bool stochasticDynamics = false)
    {
        if (EffectiveSampleSize < LowestEffectiveShare * data.Count)
        {
            yield return FormattableString.Invariant($"Sampling lives on few transitions: the effective sample size is {EffectiveSampleSize:0} of {data.Count} (below {100 * LowestEffectiveShare:0}%). Raise samplingTemperature, or record more good episodes.");
        }
        if (stochasticDynamics || SameActionsDiffer())
        {
            yield return $"{(stochasticDynamics ? "The dynamics are said to be stochastic" : "The same start and actions have led to different returns")}: a high return may be luck, and weighting prefers luck too. It is proven for deterministic dynamics.";
        }
    }

    /// <summary>Whether two episodes of the same start and actions have different returns.</summary>
    private bool SameActionsDiffer()
    {
        var seen = new Dictionary<string, double>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var episode in data.Episodes)
        {
            hash.AppendData(MemoryMarshal.AsBytes(data.Observations.AsSpan(episode.Start * data.ObservationSize, data.ObservationSize)));
            hash.AppendData(MemoryMarshal.AsBytes(data.Actions.AsSpan(episode.Start * data.ActionSize, episode.Length * data.ActionSize)));
            var key = Convert.ToHexString(hash.GetHashAndReset());
            if (!seen.TryAdd(key, episode.Return) && Math.Abs(seen[key] - episode.Return) > 1e-6 * Math.Max(1, Math.Abs(episode.Return))) { return true; }
        }
        return false;
    }
}
