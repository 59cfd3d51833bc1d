using System.Globalization;
using Bellman.Algorithms;
using Bellman.Experiments;
using Bellman.Runs;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>
/// The paper's own configuration on a recorded data set: <c>bellman reproduce ravl --full --data FILE.hdf5</c>, options of <see cref="RavlOptions"/>
/// replaced with <c>--set name=value</c>. Reported is what can be measured; nothing is gated.
/// </summary>
internal static class EdgeOfReachFullScale
{
    private const string UpdatesOption = "updates", EnvironmentOption = "environment";
    private const long Updates = 3_000_000;
    private const int Evaluations = 10, Measurements = 60;

    private static readonly (Arm Arm, RavlOptions Options)[] Entries =
    [
        (new("ravl", "RAVL: ten critics, diversity 1."), new RavlOptions()),
        (new("base", "Two critics, no penalty.", ArmKind.Baseline), new RavlOptions { Critics = 2, Diversity = 0 }),
        (new("base-mopo", "Two critics, rewards less the model's uncertainty.", ArmKind.Baseline), new RavlOptions { Critics = 2, Diversity = 0, Penalty = UncertaintyPenalty.Deviation }),
        (new("edac", "RAVL's critics without a model: recorded transitions alone.", ArmKind.Baseline), new RavlOptions { RealShare = 1 }),
    ];

    public static IReadOnlyList<Arm> Arms => [.. Entries.Select(entry => entry.Arm)];

    public static IReadOnlyList<Claim> Claims =>
        [.. Entries.Skip(1).Select(entry => Claim.Difference($"RAVL against {entry.Arm.Name}", "ravl", entry.Arm.Name, "return", 0, Statistic.Mean).ReportOnly())];

    /// <summary>Exactly what is missing; null when the run can start.</summary>
    public static string? Missing(FullScaleInputs inputs) =>
        inputs.Data is null ? "It lacks --data FILE: a data set in D4RL's or Minari's layout (the paper's: halfcheetah, hopper and walker2d, random, medium, medium-replay and medium-expert, version 2), and a GPU or days of time: 3,000,000 updates."
        : !File.Exists(inputs.Data) ? $"It lacks the file {inputs.Data}."
        : null;

    public static CellResult Run(Cell cell, CellContext context, FullScaleInputs inputs)
    {
        var file = inputs.Data ?? throw new UsageException("Add --data FILE.");
        var settings = new Dictionary<string, string>(inputs.Settings, StringComparer.OrdinalIgnoreCase);
        var updates = settings.Remove(UpdatesOption, out var given) ? Whole(given) : Updates;
        var environment = settings.Remove(EnvironmentOption, out var named) ? named : DatasetFile.ReadEnvironment(file);
        var data = DatasetFile.Read(file);
        var registry = AllEnvironments.Registry();
        // Bodies of published data sets are others than ours: without the environment that it was recorded in, a data set is learned from and not evaluated on.
        var id = environment ?? Path.GetFileNameWithoutExtension(file);
        if (environment is null) { registry.Register(id = RecordedSpaces.IdOf(file), () => new RecordedSpaces(data)); }
        var options = WithSettings(Entries.First(entry => entry.Arm.Name == cell.Arm.Name).Options, settings);
        using var agent = Ravl.Create(new AgentRequest(registry, id, options, cell.Seed, updates), data);
        var diagnostics = Ravl.DiagnosticsOf(agent);
        using var silence = new MetricLog();
        var (xs, ys, score, report) = (new List<double>(), new List<double>(), double.NaN, default(ReachReport));
        var every = Math.Max(1, updates / Measurements);
        while (agent.Steps < updates)
        {
            agent.Advance(silence);
            if (agent.Steps % every != 0 && agent.Steps < updates) { continue; }
            report = diagnostics.Measure();
            if (environment is not null) { score = Evaluation.Run(agent.Policy, () => registry.Make(id), Evaluations, cell.Seed, cancellation: context.Cancellation).MeanReturn; }
            xs.Add(agent.Steps);
            ys.Add(report.Value);
            context.Report((double)agent.Steps / updates, string.Create(CultureInfo.InvariantCulture, $"value {report.Value:0.0}, return {score:0.0}"));
        }
        return new CellResult { Metrics = EdgeOfReachArms.Metrics(score, report), Curves = [new Curve(EdgeOfReachArms.TrainingCurve, xs, ys)] };
    }

    /// <summary>The arm's options, those replaced that were given; critics, diversity and penalty are what tells arms apart.</summary>
    private static RavlOptions WithSettings(RavlOptions options, Dictionary<string, string> settings)
    {
        var set = OptionSet.Of<RavlOptions>("algorithm ravl");
        var values = set.Options.ToDictionary(option => option.Name, option => set.ToJson(options)[option.Name]?.ToString() ?? "", StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in settings) { values[set.Find(name).Name] = value; }
        return set.Create<RavlOptions>(values);
    }

    private static long Whole(string text) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0
        ? number : throw new UsageException($"{UpdatesOption} cannot be '{text}': it is a whole number from 1 up.");

    /// <summary>The spaces of a data set whose environment is not here: read and written, never stepped.</summary>
    private sealed class RecordedSpaces(OfflineDataset data) : IEnvironment
    {
        // The beginning tells the terminal function.
        private static readonly (string Beginning, string Id)[] Bodies = [("hopper", "Hopper-recorded"), ("walker2d", "Walker2d-recorded"), ("halfcheetah", "HalfCheetah-recorded")];

        public Space ObservationSpace { get; } = new Box(float.NegativeInfinity, float.PositiveInfinity, data.ObservationSize);

        public Space ActionSpace { get; } = new Box(-1, 1, data.ActionSize);

        public static string IdOf(string file) => Bodies.FirstOrDefault(body => Path.GetFileName(file).StartsWith(body.Beginning, StringComparison.OrdinalIgnoreCase)).Id
            ?? throw new UsageException($"The data set {file} does not say which environment it was recorded in. Add --set environment=ID, or name the file as D4RL does (hopper..., walker2d..., halfcheetah...).");

        public void Reset(RandomStream random, Span<float> observation) => throw new NotSupportedException();

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation) => throw new NotSupportedException();

        public void Exchange(StateExchange state) { }
    }
}
