namespace Bellman.Algorithms;

/// <summary>How much is imagined and when.</summary>
public sealed record RolloutPlan
{
    /// <summary>Updates between rounds of rollouts, at least 1.</summary>
    public required int UpdatesPerRound { get; init; }

    /// <summary>Updates between trainings of the model; 0 trains it once, before the first round.</summary>
    public required int UpdatesPerFit { get; init; }

    /// <summary>Rollouts of a round, each from a real state.</summary>
    public required int Rollouts { get; init; }

    /// <summary>Whether a round's states are all different ones; otherwise they are drawn with replacement.</summary>
    public bool DistinctStarts { get; init; }

    /// <summary>Rounds whose transitions are kept.</summary>
    public required int Retain { get; init; }

    /// <summary>Longest k of any round.</summary>
    public required int LongestRollout { get; init; }

    /// <summary>k of the round at an update.</summary>
    public required Func<long, int> RolloutLength { get; init; }

    /// <summary>Share of real transitions in a batch, rounded down to whole ones.</summary>
    public required double RealShare { get; init; }

    /// <summary>k(e) = clip(x + (e - a)/(b - a) (y - x), x, y), the fraction cut off (Janner et al. 2019, appendix C).</summary>
    /// <param name="epoch">e.</param>
    /// <param name="from">a, the epoch at which it begins to grow.</param>
    /// <param name="to">b, the epoch at which it has grown, above a.</param>
    /// <param name="shortest">x.</param>
    /// <param name="longest">y.</param>
    public static int Horizon(double epoch, double from, double to, int shortest, int longest) =>
        (int)Math.Clamp(shortest + (epoch - from) / (to - from) * (longest - shortest), Math.Min(shortest, longest), Math.Max(shortest, longest));
}
