namespace Bellman.Algorithms;

/// <summary>
/// Minimises a function of which only values are known, a population of candidates at a time: ask for each
/// <see cref="Candidate"/>, evaluate them anywhere and in any order, then <see cref="Tell"/> their values.
/// </summary>
/// <example><code>
/// var search = new CmaEs(new double[5], deviation: 0.5, seed: 1);
/// var values = new double[search.Population];
/// var point = new double[5];
/// while (search.Evaluations &lt; 4_000)
/// {
///     for (var i = 0; i &lt; values.Length; i++) { search.Candidate(i, point); values[i] = Cost(point); }
///     search.Tell(values);
/// }
/// // search.Mean is the answer.
/// </code></example>
public interface IPopulationOptimizer : IStateful
{
    /// <summary>Numbers of a point.</summary>
    int Dimension { get; }

    /// <summary>Candidates of a generation.</summary>
    int Population { get; }

    /// <summary>Generations told so far.</summary>
    long Generation { get; }

    /// <summary>Values told so far.</summary>
    long Evaluations => Generation * Population;

    /// <summary>[Dimension]: the centre of the search, the best guess so far.</summary>
    ReadOnlySpan<double> Mean { get; }

    /// <summary>Standard deviation of the search, for logs.</summary>
    double Deviation { get; }

    /// <summary>
    /// Writes candidate <paramref name="index"/> of this generation, computed from the seed alone: it is the same as often
    /// as it is asked for, from any thread, until <see cref="Tell"/>.
    /// </summary>
    void Candidate(int index, Span<double> point);

    /// <summary>Moves the search by the candidates' values, [Population], lower is better; NaN counts as the worst.</summary>
    /// <exception cref="ArgumentException">There are not <see cref="Population"/> values.</exception>
    void Tell(ReadOnlySpan<double> values);
}
