namespace Bellman.Environments.Submodular;

/// <summary>
/// Weighted coverage: element s covers the cells D_s, and F(X) = sum of w_v over the union of D_s, s in X. Every cell counts
/// once, however often it is seen.
/// </summary>
public sealed class WeightedCoverage : ISubmodularFunction
{
    private readonly double[] weights;
    private readonly int[][] footprints;
    private readonly double[] modular;

    /// <summary>A coverage of weighted cells.</summary>
    /// <param name="weights">[cells], each at least 0.</param>
    /// <param name="footprints">[elements]: the cells that each element covers.</param>
    /// <exception cref="UsageException">A weight is negative, or a footprint names a cell that does not exist.</exception>
    public WeightedCoverage(IReadOnlyList<double> weights, IReadOnlyList<IReadOnlyList<int>> footprints)
    {
        SubmodularInput.RequireWeights(weights);
        if (footprints.Count == 0) { throw new UsageException("A coverage needs at least one element with a footprint; none was given."); }
        this.weights = [.. weights];
        this.footprints = [.. footprints.Select(cells => cells.Distinct().ToArray())];
        for (var element = 0; element < this.footprints.Length; element++)
        {
            foreach (var cell in this.footprints[element])
            {
                if ((uint)cell >= (uint)weights.Count)
                {
                    throw new UsageException($"Element {element} covers cell {cell}; there are the cells 0 to {weights.Count - 1}.");
                }
            }
        }
        modular = [.. this.footprints.Select(cells => cells.Sum(cell => this.weights[cell]))];
    }

    /// <inheritdoc/>
    public int ElementCount => footprints.Length;

    /// <summary>What covering every cell is worth.</summary>
    public double Total => weights.Sum();

    /// <summary>Weights of the cells.</summary>
    public IReadOnlyList<double> Weights => weights;

    /// <summary>The cells that an element covers.</summary>
    public IReadOnlyList<int> FootprintOf(int element) => footprints[element];

    /// <inheritdoc/>
    public ISetEvaluator CreateEvaluator() => new Evaluator(this);

    /// <inheritdoc/>
    public double Modular(int element) => modular[element];

    private sealed class Evaluator(WeightedCoverage function) : ISetEvaluator
    {
        private readonly bool[] covered = new bool[function.weights.Length];
        private double value;

        public double Value => value;

        public void Reset()
        {
            Array.Clear(covered);
            value = 0;
        }

        public double Gain(int element)
        {
            var gain = 0.0;
            foreach (var cell in function.footprints[element])
            {
                if (!covered[cell]) { gain += function.weights[cell]; }
            }
            return gain;
        }

        public double Add(int element)
        {
            var gain = Gain(element);
            foreach (var cell in function.footprints[element]) { covered[cell] = true; }
            value += gain;
            return gain;
        }

        public ISetEvaluator Copy()
        {
            var copy = new Evaluator(function) { value = value };
            covered.CopyTo(copy.covered, 0);
            return copy;
        }

        public void Exchange(StateExchange state)
        {
            state.Array<bool>(nameof(covered), covered);
            state.Value(nameof(value), ref value);
            RestoredState.RequireFinite(state, nameof(value), value);
        }
    }
}

/// <summary>Which cells of a grid an agent sees from where it stands.</summary>
public static class GridFootprint
{
    /// <summary>The cell alone.</summary>
    public static int[] Cell(int cell) => [cell];

    /// <summary>A 2 x 2 block: the cell, its right neighbour, the next row's cell and their diagonal, clipped at the border.</summary>
    public static int[] Block(int rows, int columns, int cell)
    {
        var (row, column) = (cell / columns, cell % columns);
        var cells = new List<int>(4);
        for (var r = row; r < Math.Min(row + 2, rows); r++)
        {
            for (var c = column; c < Math.Min(column + 2, columns); c++) { cells.Add(r * columns + c); }
        }
        return [.. cells];
    }

    /// <summary>The large footprint: the union of the blocks of the block's cells.</summary>
    public static int[] Large(int rows, int columns, int cell) =>
        [.. Block(rows, columns, cell).SelectMany(seen => Block(rows, columns, seen)).Distinct().Order()];
}

/// <summary>
/// The area that a walker in a square has stamped: the square is cut into cells, and each visited place stamps the block of
/// cells whose lower corner is its own. Stamps are clipped at the border. With the defaults this is the reward of the ant
/// experiment: 100 x 100 cells of [-20, 20]^2, blocks of 5 x 5, a tenth a cell.
/// </summary>
public sealed class AreaCoverage
{
    private readonly int cells;
    private readonly double half;

    /// <summary>An area cut into cells.</summary>
    /// <param name="cells">Cells along a side, at least 1.</param>
    /// <param name="half">Half of the square's side, above 0.</param>
    /// <param name="stamp">Cells along a stamp's side, at least 1.</param>
    /// <param name="weight">What a cell is worth, at least 0.</param>
    /// <exception cref="UsageException">A number is out of range.</exception>
    public AreaCoverage(int cells = 100, double half = 20, int stamp = 5, double weight = 0.1)
    {
        if (cells < 1 || stamp < 1 || !(half > 0)) { throw new UsageException($"An area of {cells} x {cells} cells, half side {half} and stamps of {stamp} cannot be covered; all three must be positive."); }
        (this.cells, this.half) = (cells, half);
        Function = new WeightedCoverage(
            [.. Enumerable.Repeat(weight, cells * cells)],
            [.. Enumerable.Range(0, cells * cells).Select(element => Stamp(element, stamp))]);
    }

    /// <summary>The function; its elements are cells, row by row.</summary>
    public WeightedCoverage Function { get; }

    /// <summary>The element at a place, floor((x + half) / width) in both directions; null outside the square.</summary>
    public int? ElementAt(double x, double y)
    {
        var width = 2 * half / cells;
        var (column, row) = ((int)Math.Floor((x + half) / width), (int)Math.Floor((y + half) / width));
        return (uint)column < (uint)cells && (uint)row < (uint)cells ? row * cells + column : null;
    }

    private int[] Stamp(int element, int stamp)
    {
        var (row, column) = (element / cells, element % cells);
        return [.. from r in Enumerable.Range(row, Math.Min(stamp, cells - row)) from c in Enumerable.Range(column, Math.Min(stamp, cells - column)) select r * cells + c];
    }
}
