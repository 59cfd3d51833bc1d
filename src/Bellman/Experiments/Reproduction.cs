namespace Bellman.Experiments;

/// <summary>How much of a paper is reproduced: the whole path in seconds, the laptop-scale claims, or the paper's own scale.</summary>
public enum ReproductionSize
{
    /// <summary>At most 20 seconds: every arm and every step of the path, tiny.</summary>
    Smoke,

    /// <summary>At most 20 minutes on two cores: the claims, measured. Only this size is published.</summary>
    Default,

    /// <summary>The paper's scale, which may need a model folder, data or a GPU.</summary>
    Full,
}

/// <summary>What the user gives for <see cref="ReproductionSize.Full"/>.</summary>
public sealed record FullScaleInputs
{
    /// <summary>A folder with a model; null when not given.</summary>
    public string? Model { get; init; }

    /// <summary>A file of training data; null when not given.</summary>
    public string? Data { get; init; }

    /// <summary>A file of data to measure on; null holds some of the training data out.</summary>
    public string? HeldOut { get; init; }

    /// <summary>Options in place of the paper's, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>All of it in one line, so that cells of other inputs are not taken for these.</summary>
    public override string ToString() => $"model {Model}, data {Data}, held out {HeldOut}{string.Concat(Settings.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $", {pair.Key}={pair.Value}"))}";
}

/// <summary>
/// A paper's reproduction as data: arms run over seeds, each cell measured, and claims decided from the measurements.
/// <see cref="ReproductionHarness"/> runs it.
/// </summary>
public abstract class Reproduction
{
    /// <summary>The name on the command line and of the result files: lower-case letters, digits and hyphens.</summary>
    public abstract string Slug { get; }

    /// <summary>The paper's title.</summary>
    public abstract string Title { get; }

    /// <summary>What is claimed, in one paragraph.</summary>
    public abstract string Summary { get; }

    /// <summary>Raise it when a change makes stored cells incomparable: cells of another version are computed again.</summary>
    public virtual string Version => "1";

    /// <summary>What the user gave for the full size.</summary>
    public FullScaleInputs Inputs { get; set; } = new();

    /// <summary>What every cell measures. The first one marked <see cref="MetricDefinition.Primary"/> (or the first) leads the report.</summary>
    public abstract IReadOnlyList<MetricDefinition> Metrics { get; }

    /// <summary>How the cells' curves are drawn. A curve without a definition is drawn under its own name.</summary>
    public virtual IReadOnlyList<CurveDefinition> Curves => [];

    /// <summary>The method, its baselines and its ablations.</summary>
    public abstract IReadOnlyList<Arm> Arms(ReproductionSize size);

    /// <summary>The seeds of every arm that does not name its own.</summary>
    public abstract IReadOnlyList<ulong> Seeds(ReproductionSize size);

    /// <summary>What must hold, and what is only reported.</summary>
    public abstract IReadOnlyList<Claim> Claims(ReproductionSize size);

    /// <summary>
    /// Measures one arm with one seed. Called from several threads at once: everything it changes is its own.
    /// </summary>
    /// <exception cref="OperationCanceledException">The user stopped the run; nothing of this cell is kept.</exception>
    public abstract CellResult RunCell(Cell cell, CellContext context);

    /// <summary>Exactly what <see cref="ReproductionSize.Full"/> still lacks and how to get it; null when it can run.</summary>
    public virtual string? MissingForFull() => null;

    /// <summary>
    /// Figures of the paper's own beside the curves and bars that every report has: how cost grows with size, what was found, a
    /// picture. Made from what was measured, complete or not. Publishing puts their PNGs beside the paper's README.
    /// </summary>
    public virtual IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) => [];

    /// <summary>Markdown that the report shows under the verdicts: what the numbers mean and what they do not.</summary>
    public virtual string Remarks(ReproductionOutcome outcome) => "";
}
