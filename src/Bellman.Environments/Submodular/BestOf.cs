namespace Bellman.Environments.Submodular;

/// <summary>
/// Facility location: F(X) = sum_v max_{s in X} sim(v, s): every v counts as well as its most similar element of X serves it.
/// </summary>
public sealed class FacilityLocation : ISubmodularFunction
{
    private readonly double[,] similarity;

    /// <summary>A facility location.</summary>
    /// <param name="similarity">sim(v, s), [places served, elements], each at least 0.</param>
    /// <exception cref="UsageException">A similarity is negative or not finite.</exception>
    public FacilityLocation(double[,] similarity)
    {
        SubmodularInput.RequireWeights([.. similarity.Cast<double>()]);
        this.similarity = similarity;
    }

    /// <inheritdoc/>
    public int ElementCount => similarity.GetLength(1);

    /// <inheritdoc/>
    public ISetEvaluator CreateEvaluator() => new BestOf(similarity);

    /// <inheritdoc/>
    public double Modular(int element) => Enumerable.Range(0, similarity.GetLength(0)).Sum(place => similarity[place, element]);
}

/// <summary>
/// Progress along a track: element s lies at a position, and F(X) is the farthest position reached. The gain of a step that goes
/// on is s_{t+1} - s_t; going back gains nothing.
/// </summary>
public sealed class ProgressCoverage : ISubmodularFunction
{
    private readonly double[,] positions;

    /// <summary>A track.</summary>
    /// <param name="positions">[elements]: how far along the track each lies, each at least 0.</param>
    /// <exception cref="UsageException">A position is negative or not finite.</exception>
    public ProgressCoverage(IReadOnlyList<double> positions)
    {
        SubmodularInput.RequireWeights(positions);
        this.positions = new double[1, positions.Count];
        for (var i = 0; i < positions.Count; i++) { this.positions[0, i] = positions[i]; }
    }

    /// <inheritdoc/>
    public int ElementCount => positions.GetLength(1);

    /// <inheritdoc/>
    public ISetEvaluator CreateEvaluator() => new BestOf(positions);

    /// <inheritdoc/>
    public double Modular(int element) => positions[0, element];
}

/// <summary>sum_v max_{s in X} value(v, s), 0 for the empty set.</summary>
internal sealed class BestOf(double[,] values) : ISetEvaluator
{
    private readonly double[] best = new double[values.GetLength(0)];
    private double value;

    public double Value => value;

    public void Reset()
    {
        Array.Clear(best);
        value = 0;
    }

    public double Gain(int element)
    {
        var gain = 0.0;
        for (var place = 0; place < best.Length; place++) { gain += Math.Max(0, values[place, element] - best[place]); }
        return gain;
    }

    public double Add(int element)
    {
        var gain = Gain(element);
        for (var place = 0; place < best.Length; place++) { best[place] = Math.Max(best[place], values[place, element]); }
        value += gain;
        return gain;
    }

    public ISetEvaluator Copy()
    {
        var copy = new BestOf(values) { value = value };
        best.CopyTo(copy.best, 0);
        return copy;
    }

    public void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(best), best);
        state.Value(nameof(value), ref value);
        RestoredState.RequireFinite(state, nameof(value), value);
    }
}
