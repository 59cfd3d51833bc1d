using System.Collections.Concurrent;
using Bellman.Experiments;

namespace Bellman.Tests.Experiments;

/// <summary>Two arms whose score is known, and which counts the cells it computes.</summary>
internal sealed class FakeReproduction : Reproduction
{
    public ConcurrentQueue<string> Computed { get; } = [];

    public Action<Cell, CellContext> Before { get; set; } = (_, _) => { };

    public Func<Cell, CellResult, CellResult> Change { get; set; } = (_, result) => result;

    public IReadOnlyList<Claim> OwnClaims { get; set; } = [Claim.Difference("ours beats random", "ours", "random", "score", 1)];

    public IReadOnlyList<Arm> OwnArms { get; set; } = [new("ours", "The method."), new("random", "Uniform actions.", ArmKind.Baseline)];

    public string? Missing { get; set; }

    public string OwnVersion { get; set; } = "1";

    public override string Slug => "fake";

    public override string Title => "A fake paper";

    public override string Summary => "Ours beats random.";

    public override string Version => OwnVersion;

    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
        [new("score", "Mean score", "points"), new("length", "Steps until the goal", "steps", HigherIsBetter: false)];

    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [new("return", "episode", "return (points)") { MovingAverage = 2, References = [new("solved", 5)] }];

    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => OwnArms;

    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => [0, 1, 2];

    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => OwnClaims;

    public override string? MissingForFull() => Missing;

    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) =>
    [
        new("score-by-size", "Score against size", Plots.Lines("Score against size", "size", "score (points)",
            [outcome.Scaling("score", "score", [(16, "ours"), (8, "random")]), new("optimum", [8, 16], [5, 5]) { Style = SeriesStyle.Reference }])),
    ];

    public override string Remarks(ReproductionOutcome outcome) => "A remark of the paper's own.";

    public override CellResult RunCell(Cell cell, CellContext context)
    {
        Before(cell, context);
        Computed.Enqueue(cell.Name);
        var noise = context.Random.NextDouble();
        var level = cell.Arm.Name == "ours" ? 4 : 1;
        context.Report(1, "done");
        double[] episodes = [.. Enumerable.Range(0, 20).Select(i => (double)i)];
        return Change(cell, new CellResult
        {
            Metrics = new Dictionary<string, double> { ["score"] = level + noise, ["length"] = 100 / (level + noise) },
            Curves = [new Curve("return", episodes, [.. episodes.Select(episode => level * (1 - Math.Exp(-episode / 5)) + noise)])],
            Notes = new Dictionary<string, string> { ["table"] = "0 1" },
        });
    }
}

/// <summary>A folder of a test's own, deleted afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bellman-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
