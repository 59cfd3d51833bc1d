using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bellman.Environments.Submodular;

/// <summary>A board together with what its cells are worth.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Walk">The board.</param>
/// <param name="Function">F over its cells.</param>
public sealed record SubmodularTask(string Name, GridWalkOptions Walk, ISubmodularFunction Function)
{
    /// <summary>No walk of the horizon is worth more.</summary>
    public required double UpperBound { get; init; }

    /// <summary>One copy of it as an environment.</summary>
    /// <param name="reward">What a visit pays.</param>
    public MarginalGainReward Create(SubmodularReward reward = SubmodularReward.Submodular) => new(new GridWalk(Walk), Function, reward);
}

/// <summary>The tasks of the library, named.</summary>
public enum SubmodularTaskName
{
    /// <summary>Six groups of items on 7 x 15 cells, 40 states: collect 21 that are wanted.</summary>
    Items,

    /// <summary>Cover 10 x 10 cells of equal weight with a 2 x 2 footprint in 30 states; 62 is the most.</summary>
    Cover,

    /// <summary>The same board with two distant bumps of weight.</summary>
    Bumps,

    /// <summary>Two rooms and a corridor of 68 cells, 40 states.</summary>
    TwoRooms,

    /// <summary>Experiment design: where to measure a Gaussian process on 10 x 10 cells, 30 states.</summary>
    Design,
}

/// <summary>Options of <c>SubmodularGrid-v0</c>.</summary>
public sealed record SubmodularGridOptions
{
    /// <summary>The task.</summary>
    [Description("items to collect, cells to cover (all equal, or two bumps), two rooms to see, or a Gaussian process to measure")]
    public SubmodularTaskName Task { get; init; } = SubmodularTaskName.Cover;

    /// <summary>What the walker sees.</summary>
    [Description("oneHot: cell and time; visited: also the cells visited; index: one number; rawIndex, rawHistory: the released program's inputs")]
    public WalkObservation Observation { get; init; }

    /// <summary>What a visit pays.</summary>
    [Description("submodular: what the visit adds; modular: what the state is worth alone, at every visit")]
    public SubmodularReward Reward { get; init; }

    /// <summary>Share of random actions.</summary>
    [Description("share of the actions that a random one replaces")]
    [Range(0.0, 1.0)]
    public double Noise { get; init; }

    /// <summary>Which random placement of the items.</summary>
    [Description("number of the instance: where the items lie")]
    [Range(0, 1_000_000)]
    public int Instance { get; init; }
}

/// <summary>Makes the tasks.</summary>
public static class SubmodularTasks
{
    private static readonly int[] GroupSizes = [18, 14, 13, 16, 18, 14];
    private static readonly int[] Demands = [3, 2, 3, 4, 6, 3];

    /// <summary>The task that options describe.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public static SubmodularTask Create(SubmodularGridOptions options)
    {
        OptionSet.Validated(options, "SubmodularGrid");
        var task = options.Task switch
        {
            SubmodularTaskName.Items => Items(RandomStream.Create((ulong)options.Instance, "items")),
            SubmodularTaskName.Cover => Cover(),
            SubmodularTaskName.Bumps => Bumps(),
            SubmodularTaskName.TwoRooms => TwoRooms(),
            _ => Design(),
        };
        return task with { Walk = task.Walk with { Observation = options.Observation, Noise = options.Noise } };
    }

    /// <summary>Item collection on 7 x 15 cells: 93 items of six types, placed without overlap.</summary>
    public static SubmodularTask Items(RandomStream random)
    {
        var cells = Enumerable.Range(0, 7 * 15).ToArray();
        random.Shuffle(cells.AsSpan());
        var groups = new List<int[]>();
        foreach (var size in GroupSizes) { groups.Add([.. cells.Skip(groups.Sum(group => group.Length)).Take(size)]); }
        var function = new ItemCollection(cells.Length, groups, Demands);
        return new("items", new GridWalkOptions { Rows = 7, Columns = 15, Start = 34, Horizon = 40 }, function) { UpperBound = function.Total };
    }

    /// <summary>Coverage of equal cells: each move adds at most two, so no walk sees more than 4 + 29 x 2.</summary>
    public static SubmodularTask Cover() => Grid10("cover10", (_, _) => 1);

    /// <summary>Coverage of w(i, j) = exp(-((i-2)^2 + (j-7)^2)/4) + exp(-((i-7)^2 + (j-2)^2)/4).</summary>
    public static SubmodularTask Bumps() =>
        Grid10("coverw", (i, j) => Math.Exp(-(Square(i - 2) + Square(j - 7)) / 4.0) + Math.Exp(-(Square(i - 7) + Square(j - 2)) / 4.0));

    /// <summary>Building exploration: columns 0-3 and 10-13 are rooms, rows 2-3 of the columns between them a corridor.</summary>
    public static SubmodularTask TwoRooms()
    {
        const int Rows = 7, Columns = 14;
        bool[] free = [.. Enumerable.Range(0, Rows * Columns).Select(cell => cell % Columns is < 4 or >= 10 || cell / Columns is 2 or 3)];
        var function = new WeightedCoverage(
            [.. free.Select(open => open ? 1.0 : 0)],
            [.. Enumerable.Range(0, Rows * Columns).Select(cell => GridFootprint.Block(Rows, Columns, cell).Where(seen => free[seen]).ToArray())]);
        return new("two-rooms", new GridWalkOptions { Rows = Rows, Columns = Columns, Start = 34, Horizon = 40, Free = free }, function) { UpperBound = function.Total };
    }

    /// <summary>Experiment design on 10 x 10 cells: a Matern-5/2 process of length 2, noise variance 0.1, distinct cells.</summary>
    public static SubmodularTask Design()
    {
        const int Side = 10, Horizon = 30;
        var function = new InformationGain(Covariance(Side, Side, spacing: 1, length: 2), noiseVariance: 0.1);
        return new("design", new GridWalkOptions { Rows = Side, Columns = Side, Horizon = Horizon }, function) { UpperBound = SubmodularChecks.Greedy(function, Horizon).UpperBound };
    }

    /// <summary>A draw of a Matern-5/2 process on 30 x 30 cells, conditioned on being 0 at a random one, plus 3: the weights of the published coverage instances.</summary>
    public static SubmodularTask ProcessWeights(RandomStream random)
    {
        const int Side = 30;
        var covariance = Covariance(Side, Side, spacing: 0.1, length: 1);
        var draw = Draw(covariance, random);
        var zero = random.NextInt32(Side * Side);
        // f | f(z) = 0:  f(x) - k(x, z) / k(z, z) f(z)
        double[] weights = [.. Enumerable.Range(0, Side * Side).Select(cell => Math.Max(0, draw[cell] - covariance[cell, zero] / covariance[zero, zero] * draw[zero] + 3))];
        return Coverage("gp-weights", Side, Side, weights, start: 34, horizon: 40);
    }

    /// <summary>The published bimodal weights 1 / (1 + exp(-x y)) on [-1, 1]^2, 30 x 30 cells.</summary>
    public static SubmodularTask Bimodal()
    {
        const int Side = 30;
        double At(int index) => -1 + 2.0 * index / (Side - 1);
        return Coverage("bimodal", Side, Side, [.. Enumerable.Range(0, Side * Side).Select(cell => 1 / (1 + Math.Exp(-At(cell / Side) * At(cell % Side))))], start: 34, horizon: 40);
    }

    /// <summary>Reads an instance: <c>rows</c>, <c>columns</c>, <c>start</c>, <c>horizon</c>, and one of <c>weights</c> [cells], <c>cov</c> [cells][cells] (with <c>noise</c>) and <c>items</c> (type to cells, with <c>demands</c>).</summary>
    /// <param name="file">A JSON file.</param>
    /// <exception cref="UsageException">The file cannot be read, or does not describe one task.</exception>
    public static SubmodularTask Load(string file)
    {
        InstanceFile? instance;
        try { instance = JsonSerializer.Deserialize<InstanceFile>(File.ReadAllText(file)); }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} is not an instance: {error.Message} Write JSON with rows, columns, start, horizon and one of weights, cov and items.", error);
        }
        if (instance is null) { throw new UsageException($"{file} holds no instance."); }
        var cells = instance.Rows * instance.Columns;
        var walk = new GridWalkOptions { Rows = instance.Rows, Columns = instance.Columns, Start = instance.Start, Horizon = instance.Horizon };
        walk.Validate();
        var name = Path.GetFileNameWithoutExtension(file);
        switch (instance)
        {
            case { Weights: { } weights, Covariance: null, Items: null } when weights.Length == cells:
                return Coverage(name, instance.Rows, instance.Columns, weights, instance.Start, instance.Horizon);
            case { Weights: null, Covariance: { } rows, Items: null } when rows.Length == cells && rows.All(row => row.Length == cells):
                var covariance = new double[cells, cells];
                for (var i = 0; i < cells; i++) { for (var j = 0; j < cells; j++) { covariance[i, j] = rows[i][j]; } }
                var information = new InformationGain(covariance, instance.Noise);
                return new(name, walk, information) { UpperBound = SubmodularChecks.Greedy(information, instance.Horizon).UpperBound };
            case { Weights: null, Covariance: null, Items: { } items, Demands: { } demands }:
                var collection = new ItemCollection(cells, [.. items.Values], demands);
                return new(name, walk, collection) { UpperBound = collection.Total };
            default:
                throw new UsageException($"{file} must have exactly one of weights ({cells} numbers), cov ({cells} rows of {cells}) and items with demands.");
        }
    }

    /// <summary>Matern-5/2 covariance of the cells' centres, (1 + r + r^2/3) exp(-r), r = sqrt 5 distance / length.</summary>
    internal static double[,] Covariance(int rows, int columns, double spacing, double length)
    {
        var covariance = new double[rows * columns, rows * columns];
        for (var i = 0; i < rows * columns; i++)
        {
            for (var j = 0; j < rows * columns; j++)
            {
                var distance = spacing * Math.Sqrt(Square(i / columns - j / columns) + Square(i % columns - j % columns));
                var r = Math.Sqrt(5) * distance / length;
                covariance[i, j] = (1 + r + r * r / 3) * Math.Exp(-r);
            }
        }
        return covariance;
    }

    private static SubmodularTask Grid10(string name, Func<int, int, double> weight) =>
        Coverage(name, 10, 10, [.. Enumerable.Range(0, 100).Select(cell => weight(cell / 10, cell % 10))], start: 0, horizon: 30);

    private static SubmodularTask Coverage(string name, int rows, int columns, double[] weights, int start, int horizon)
    {
        var function = new WeightedCoverage(weights, [.. Enumerable.Range(0, rows * columns).Select(cell => GridFootprint.Block(rows, columns, cell))]);
        // The first state shows at most 4 cells, and each move at most 2 more.
        var seen = Math.Min(weights.Length, 4 + 2 * (horizon - 1));
        return new(name, new GridWalkOptions { Rows = rows, Columns = columns, Start = start, Horizon = horizon }, function)
        {
            UpperBound = Math.Min(weights.OrderDescending().Take(seen).Sum(), SubmodularChecks.Greedy(function, horizon).UpperBound),
        };
    }

    /// <summary>A draw of N(0, K), by the rows of a Cholesky factor.</summary>
    private static double[] Draw(double[,] covariance, RandomStream random)
    {
        var size = covariance.GetLength(0);
        var (factor, normal, draw) = (new double[size, size], new double[size], new double[size]);
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = covariance[i, j] + (i == j ? 1e-8 : 0);
                for (var k = 0; k < j; k++) { sum -= factor[i, k] * factor[j, k]; }
                factor[i, j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / factor[j, j];
            }
            normal[i] = random.NextGaussian();
            for (var j = 0; j <= i; j++) { draw[i] += factor[i, j] * normal[j]; }
        }
        return draw;
    }

    private static double Square(double x) => x * x;

    private sealed record InstanceFile
    {
        [JsonPropertyName("rows")] public int Rows { get; init; }
        [JsonPropertyName("columns")] public int Columns { get; init; }
        [JsonPropertyName("start")] public int Start { get; init; }
        [JsonPropertyName("horizon")] public int Horizon { get; init; }
        [JsonPropertyName("weights")] public double[]? Weights { get; init; }
        [JsonPropertyName("cov")] public double[][]? Covariance { get; init; }
        [JsonPropertyName("noise")] public double Noise { get; init; } = 0.001;
        [JsonPropertyName("items")] public SortedDictionary<string, int[]>? Items { get; init; }
        [JsonPropertyName("demands")] public int[]? Demands { get; init; }
    }
}
