namespace Bellman.Experiments;

/// <summary>One arm run with one seed: the unit that is computed, stored and continued.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Seed">The seed; arms share seeds, so that their differences are paired.</param>
/// <param name="Size">How much is run.</param>
public sealed record Cell(Arm Arm, ulong Seed, ReproductionSize Size)
{
    /// <summary><c>ARM--SEED</c>, the name of the cell's file.</summary>
    public string Name => $"{Arm.Name}--{Seed}";
}

/// <summary>A line that a cell recorded: a return per step, a loss per update.</summary>
/// <param name="Name">Curves of the same name are drawn in one plot, one line an arm.</param>
/// <param name="X">Where: steps, episodes. Same length as <paramref name="Y"/>, rising.</param>
/// <param name="Y">What was measured there.</param>
public sealed record Curve(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y);

/// <summary>What a cell measured.</summary>
public sealed record CellResult
{
    /// <summary>One value for each metric of the reproduction, by name. NaN means that it could not be measured.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Lines for the plots.</summary>
    public IReadOnlyList<Curve> Curves { get; init; } = [];

    /// <summary>Texts kept with the cell and shown in the report, e.g. the learned table.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();
}

/// <summary>What the harness gives a running cell.</summary>
public sealed class CellContext
{
    private readonly string folder;
    private readonly Action<double, string> report;

    /// <summary>Creates the context of one cell; a test or a notebook may make its own.</summary>
    /// <param name="random">The stream of the cell's seed.</param>
    /// <param name="folder">Where the cell's own files go.</param>
    /// <param name="report">Receives the share done and what is going on.</param>
    /// <param name="cancellation">Set when the user stops the run.</param>
    public CellContext(RandomStream random, string folder, Action<double, string>? report = null, CancellationToken cancellation = default)
    {
        Random = random;
        Cancellation = cancellation;
        this.folder = folder;
        this.report = report ?? ((_, _) => { });
    }

    /// <summary>
    /// The stream of the cell's seed, the same in every arm (common random numbers). An arm that must differ takes a child
    /// of its own name.
    /// </summary>
    public RandomStream Random { get; }

    /// <summary>Set when the user stops the run: call <see cref="CancellationToken.ThrowIfCancellationRequested"/> now and then.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Says how far the cell is. Cheap enough for every episode.</summary>
    /// <param name="share">The share done, 0 to 1.</param>
    /// <param name="message">What is going on, e.g. <c>return 212</c>.</param>
    public void Report(double share, string message = "")
    {
        Cancellation.ThrowIfCancellationRequested();
        report(Math.Clamp(share, 0, 1), message);
    }

    /// <summary>The folder for files of this cell, e.g. a heat map; made when first asked for.</summary>
    public string CreateFolder() => Directory.CreateDirectory(folder).FullName;
}
