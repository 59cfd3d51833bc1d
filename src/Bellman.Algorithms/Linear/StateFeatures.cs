namespace Bellman.Algorithms.Linear;

/// <summary>Numbers that describe a state to a linear function.</summary>
public interface IStateFeatures
{
    /// <summary>How many.</summary>
    int Count { get; }

    /// <summary>Writes them for an observation.</summary>
    void Write(ReadOnlySpan<float> observation, Span<double> features);
}

/// <summary>
/// The coupled cosine basis (Konidaris et al. 2011): cos(π c·s~) for every vector c of whole numbers from 0 to the order, s~ the state brought
/// to [0, 1] and cut off there. The first is constant.
/// </summary>
public sealed class FourierBasis : IStateFeatures
{
    private readonly float[] low;
    private readonly float[] high;
    private readonly int order;

    /// <summary>A basis over the box from <paramref name="low"/> to <paramref name="high"/>.</summary>
    /// <param name="low">Lowest of each variable.</param>
    /// <param name="high">Highest, above the lowest.</param>
    /// <param name="order">Highest frequency, at least 0; (order + 1)^variables features.</param>
    /// <exception cref="UsageException">The box or the order is not usable.</exception>
    public FourierBasis(ReadOnlySpan<float> low, ReadOnlySpan<float> high, int order)
    {
        StateBox.Require(low, high);
        if (order is < 0 or > 20) { throw new UsageException($"The order of a Fourier basis is {order}; it must be from 0 to 20, usually 3."); }
        (this.low, this.high, this.order) = (low.ToArray(), high.ToArray(), order);
        Count = StateBox.Power(order + 1, low.Length);
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<float> observation, Span<double> features)
    {
        for (var feature = 0; feature < Count; feature++)
        {
            var (angle, digits) = (0.0, feature);
            for (var variable = 0; variable < low.Length; variable++, digits /= order + 1)
            {
                angle += digits % (order + 1) * StateBox.Share(observation[variable], low[variable], high[variable]);
            }
            features[feature] = Math.Cos(Math.PI * angle);
        }
    }
}

/// <summary>Tile coding (Sutton and Barto 2018, 9.5.4): grids laid over the state, each moved a little; a feature is 1 where its tile holds the state.</summary>
public sealed class TileCoding : IStateFeatures
{
    private readonly float[] low;
    private readonly float[] high;
    private readonly int tiles;
    private readonly int tilings;
    private readonly int tilesOfTiling;

    /// <summary>Tilings over the box from <paramref name="low"/> to <paramref name="high"/>.</summary>
    /// <param name="low">Lowest of each variable.</param>
    /// <param name="high">Highest, above the lowest.</param>
    /// <param name="tiles">Tiles a variable that cover the box; one more catches what the displacement pushes out.</param>
    /// <param name="tilings">Grids, each moved by a further share of a tile.</param>
    /// <exception cref="UsageException">The box, tiles or tilings are not usable.</exception>
    public TileCoding(ReadOnlySpan<float> low, ReadOnlySpan<float> high, int tiles, int tilings)
    {
        StateBox.Require(low, high);
        if (tiles < 1 || tilings < 1) { throw new UsageException($"{tilings} tilings of {tiles} tiles hold nothing; both must be at least 1."); }
        (this.low, this.high, this.tiles, this.tilings) = (low.ToArray(), high.ToArray(), tiles, tilings);
        tilesOfTiling = StateBox.Power(tiles + 1, low.Length);
        Count = tilings * tilesOfTiling;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<float> observation, Span<double> features)
    {
        features[..Count].Clear();
        for (var tiling = 0; tiling < tilings; tiling++)
        {
            var (index, stride) = (0, 1);
            for (var variable = 0; variable < low.Length; variable++, stride *= tiles + 1)
            {
                var place = StateBox.Share(observation[variable], low[variable], high[variable]) * tiles + (double)tiling / tilings;
                index += stride * Math.Min((int)place, tiles);
            }
            features[tiling * tilesOfTiling + index] = 1;
        }
    }
}

/// <summary>The box that features lie over.</summary>
file static class StateBox
{
    private const int MostFeatures = 1_000_000;

    public static double Share(float value, float low, float high) => Math.Clamp((value - (double)low) / ((double)high - low), 0, 1);

    public static void Require(ReadOnlySpan<float> low, ReadOnlySpan<float> high)
    {
        if (low.Length == 0 || low.Length != high.Length) { throw new UsageException($"Features need bounds of every variable; there are {low.Length} lowest and {high.Length} highest."); }
        for (var i = 0; i < low.Length; i++)
        {
            if (!(float.IsFinite(low[i]) && float.IsFinite(high[i]) && low[i] < high[i])) { throw new UsageException($"Variable {i} runs from {low[i]} to {high[i]}; features need finite bounds, the lower one first. Give bounds of your own where the space has none."); }
        }
    }

    public static int Power(int basis, int exponent)
    {
        var power = 1L;
        for (var i = 0; i < exponent && power <= MostFeatures; i++) { power *= basis; }
        return power <= MostFeatures ? (int)power : throw new UsageException($"{basis} to the power of {exponent} variables are more than {MostFeatures} features. Take a lower order, fewer tiles, or fewer variables.");
    }
}
