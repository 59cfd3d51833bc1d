namespace Bellman.Sweeps;

/// <summary>One run of a trial, up to a rung.</summary>
/// <param name="Rung">The rung it completed.</param>
/// <param name="Steps">Environment steps it took.</param>
/// <param name="Best">Highest mean return of an evaluation; NaN if it failed.</param>
/// <param name="Last">Mean return of the last evaluation; NaN if it failed.</param>
/// <param name="Failure">Why it failed; null if it did not.</param>
public sealed record SweepOutcome(int Rung, long Steps, double Best, double Last, string? Failure = null);

/// <summary>A trial as far as it has come.</summary>
/// <param name="Trial">Its number.</param>
/// <param name="Values">What its options were set to.</param>
/// <param name="Outcomes">One for each seed, in order, of the highest rung that all of them completed.</param>
public sealed record SweepTrial(int Trial, IReadOnlyDictionary<string, string> Values, IReadOnlyList<SweepOutcome> Outcomes)
{
    /// <summary>The rung.</summary>
    public int Rung => Outcomes.Count == 0 ? -1 : Outcomes[0].Rung;

    /// <summary>Mean over the seeds of the best evaluation, by which trials are ranked; NaN if a seed failed.</summary>
    public double Score => Outcomes.Count == 0 ? double.NaN : Outcomes.Average(outcome => outcome.Best);

    /// <summary>Mean over the seeds of the last evaluation.</summary>
    public double Last => Outcomes.Count == 0 ? double.NaN : Outcomes.Average(outcome => outcome.Last);
}
