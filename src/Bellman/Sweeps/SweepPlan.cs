namespace Bellman.Sweeps;

/// <summary>What a sweep was asked to do, as kept in <c>sweep.json</c>.</summary>
public sealed record SweepDefinition
{
    /// <summary>The algorithm's name.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The environment's id, options included.</summary>
    public required string Environment { get; init; }

    /// <summary>Environment steps of a trial that goes all the way.</summary>
    public required long Steps { get; init; }

    /// <summary>Combinations that are tried.</summary>
    public required int Trials { get; init; }

    /// <summary>Seeds each trial is run with.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Seed of the draws, and the first seed of the trials' runs.</summary>
    public ulong Seed { get; init; }

    /// <summary>Assignments <c>name=range</c>.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Successive halving keeps one trial in this many at each rung; null runs every trial to the end.</summary>
    public int? Halving { get; init; }

    /// <summary>Steps between evaluations.</summary>
    public required long EvaluateEvery { get; init; }

    /// <summary>Episodes of an evaluation.</summary>
    public int EvaluationEpisodes { get; init; } = 20;

    /// <summary>The command that began it.</summary>
    public string Command { get; init; } = "";
}

/// <summary>A rung of a sweep: how many trials come this far, and how far that is.</summary>
/// <param name="Trials">Trials that are trained on it.</param>
/// <param name="Steps">Environment steps at its end.</param>
public sealed record SweepRung(int Trials, long Steps);

/// <summary>Successive halving (Jamieson and Talwalkar 2016): many trials for a short time, the better ones for longer.</summary>
public static class SuccessiveHalving
{
    /// <summary>
    /// The rungs: n_r = floor(n / f^r) trials to T / f^(R - r) steps, until the next would have none; without a factor one rung of everything.
    /// </summary>
    public static IReadOnlyList<SweepRung> Rungs(int trials, long steps, int? factor)
    {
        if (factor is not { } keep) { return [new SweepRung(trials, steps)]; }
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 2);
        var counts = new List<int>();
        for (var count = trials; count >= 1; count /= keep) { counts.Add(count); }
        return [.. counts.Select((count, rung) => new SweepRung(count, Math.Max(1, (long)(steps / Math.Pow(keep, counts.Count - 1 - rung)))))];
    }

    /// <summary>The best <paramref name="count"/> of the trials by score, higher first; equal ones by their number, NaN last.</summary>
    public static IReadOnlyList<int> Best(IEnumerable<KeyValuePair<int, double>> scores, int count) =>
        [.. scores.OrderByDescending(pair => double.IsNaN(pair.Value) ? double.NegativeInfinity : pair.Value).ThenBy(pair => pair.Key).Take(count).Select(pair => pair.Key)];
}
