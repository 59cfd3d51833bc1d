namespace Bellman.Environments;

/// <summary>
/// <c>DeepSea-v0</c>: a diver sinks through an N x N grid, one row a step, drifting left or right; only going right in
/// every row reaches the treasure (Osband et al. 2019, "Behaviour Suite for Reinforcement Learning"). Observation: the
/// grid, 1 where the diver is; all zero after the last row.
/// </summary>
public sealed class DeepSea : IEnvironment, ITabularModel, IRenderable
{
    private readonly DeepSeaOptions options;
    private readonly int size;
    private readonly bool[] rightIsOne;
    private readonly TransitionTable table;
    private int row, column;

    /// <summary>A sea of the standard size.</summary>
    public DeepSea() : this(new DeepSeaOptions()) { }

    /// <summary>A sea as described by <paramref name="options"/>.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public DeepSea(DeepSeaOptions options)
    {
        this.options = OptionSet.Validated(options, "DeepSea");
        size = options.Size;
        ObservationSpace = new Box(new float[size * size], Enumerable.Repeat(1f, size * size).ToArray(), size, size);
        rightIsOne = new bool[size * size];
        var mapping = RandomStream.Create((ulong)options.MappingSeed, "deep sea action mapping");
        for (var cell = 0; cell < rightIsOne.Length; cell++) { rightIsOne[cell] = !options.RandomizeActions || mapping.NextBoolean(); }
        var initial = new double[size * size + 1];
        initial[0] = 1;
        table = new TransitionTable(2, initial, Describe);
    }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(2);

    /// <summary>Cells row by row, then the sea floor below them.</summary>
    public int StateCount => table.StateCount;

    /// <inheritdoc/>
    public int ActionCount => table.ActionCount;

    /// <inheritdoc/>
    public ReadOnlySpan<double> InitialDistribution => table.InitialDistribution;

    /// <summary>Mean return of going right in every row, which is optimal.</summary>
    public double OptimalReturn => (options.Stochastic ? Math.Pow(1 - 1.0 / size, size - 1) : 1) - options.MoveCost;

    /// <inheritdoc/>
    public ReadOnlySpan<TabularOutcome> Outcomes(int state, int action) => table.Outcomes(state, action);

    /// <inheritdoc/>
    public int StateOf(ReadOnlySpan<float> observation)
    {
        var cell = observation.IndexOf(1f);
        return cell < 0 ? size * size : cell;
    }

    /// <summary>The action that goes right in a cell.</summary>
    public int RightAction(int row, int column) => rightIsOne[row * size + column] ? 1 : 0;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        row = 0;
        column = 0;
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        if (row >= size) { throw new BellmanException("DeepSea was stepped below its last row. Call Reset first."); }
        var right = (int)action[0] == RightAction(row, column);
        // 1 for going right in the last column, -0.01 / N for each move right
        var reward = right ? (column == size - 1 ? 1 : 0) - options.MoveCost / size : 0;
        if (options.Stochastic && row == size - 1 && (column == 0 || column == size - 1)) { reward += random.NextGaussian(); }
        if (!right) { column = Math.Max(column - 1, 0); }
        else if (!options.Stochastic || random.NextDouble() > 1.0 / size) { column = Math.Min(column + 1, size - 1); }
        row++;
        Write(observation);
        return new StepResult(reward, Terminated: row == size);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(row), ref row);
        state.Value(nameof(column), ref column);
        RestoredState.RequireIndex(state, nameof(row), row, size + 1);
        RestoredState.RequireIndex(state, nameof(column), column, size);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        var rows = Enumerable.Range(0, size).Select(y => new string('.', size).ToCharArray()).ToArray();
        rows[^1][^1] = '$';
        if (row < size) { rows[row][column] = '@'; }
        return $"{string.Join('\n', rows.Select(line => new string(line)))}\n{(row < size ? "" : $"on the floor below column {column}\n")}";
    }

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        // Darker with depth.
        var picture = new TilePicture(size, size, cell => Palette.Sky.Mix(Palette.Blue.Mix(Palette.Dark, 0.4), 0.85 * (cell / size) / (size - 1.0)));
        var (x, y) = picture.Middle(size * size - 1);
        var half = picture.Tile * 0.3;
        picture.Canvas.Polygon(Palette.Yellow, (x, y - half), (x + half, y), (x, y + half), (x - half, y));
        // At the end of an episode the diver rests in the last row.
        picture.Agent(Math.Min(row, size - 1) * size + column);
        return picture.Canvas.Image;
    }

    private void Write(Span<float> observation)
    {
        observation.Clear();
        if (row < size) { observation[row * size + column] = 1; }
    }

    /// <summary>The same rules as <see cref="Step"/> as probabilities; the noise of the bottom corners has mean zero.</summary>
    private IEnumerable<TabularOutcome> Describe(int state, int action)
    {
        var floor = size * size;
        if (state == floor) { return [new(1, floor, 0, true)]; }
        var (y, x) = (state / size, state % size);
        var last = y == size - 1;
        if (action != RightAction(y, x)) { return [To(Math.Max(x - 1, 0), 1, 0)]; }
        var reward = (x == size - 1 ? 1 : 0) - options.MoveCost / size;
        var moved = To(Math.Min(x + 1, size - 1), options.Stochastic ? 1 - 1.0 / size : 1, reward);
        return options.Stochastic ? [moved, To(x, 1.0 / size, reward)] : [moved];

        TabularOutcome To(int nextColumn, double probability, double reward) =>
            new(probability, last ? floor : (y + 1) * size + nextColumn, reward, last);
    }
}
