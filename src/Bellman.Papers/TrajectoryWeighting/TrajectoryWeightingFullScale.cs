using System.Globalization;
using Bellman.Algorithms;
using Bellman.Experiments;

namespace Bellman.Papers.TrajectoryWeighting;

/// <summary>
/// The paper's own configuration on a data set that the user gives: four samplers with CQL, IQL, TD3+BC and BC, 2x256 networks, a million updates. Single
/// options are replaced by <c>--set</c>; what is not one of the four below is an option of the algorithms that have it.
/// </summary>
internal static class TrajectoryWeightingFullScale
{
    private const string EnvironmentOption = "environment", StepsOption = "steps", EveryOption = "evaluateEvery", EpisodesOption = "evaluationEpisodes";
    private const int LastEvaluations = 10;

    // The official settings; TD3+BC's and the networks' are the defaults.
    private static readonly (string Algorithm, string Settings, int Seeds)[] Learners =
    [
        ("cql", "conservatism=10 draws=10 rewards=unitRange samplingTemperature=0.2", 5),
        ("iql", "expectile=0.7 inverseTemperature=3 rewards=returnRange", 5),
        ("td3-bc", "", 3),
        ("bc", "", 3),
    ];

    private static readonly (string Suffix, string Sampling, ArmKind Kind)[] Samplers =
        [("uniform", "uniform", ArmKind.Baseline), ("rw", "return", ArmKind.Method), ("aw", "advantage", ArmKind.Method), ("top", "top", ArmKind.Baseline)];

    public static IReadOnlyList<Arm> Arms { get; } =
        [.. from learner in Learners
            from sampler in Samplers
            select new Arm($"{learner.Algorithm}-{sampler.Suffix}", $"{learner.Algorithm}, sampling {sampler.Sampling}.", sampler.Kind)
            {
                Task = learner.Algorithm,
                Seeds = Arm.FirstSeeds(learner.Seeds),
            }];

    /// <summary>Exactly what is missing; null when the run can start.</summary>
    public static string? Missing(FullScaleInputs inputs)
    {
        if (inputs.Data is not { } files)
        {
            return "It lacks --data FILE: a mixed data set in HDF5 such as hopper-random-expert-0.1-v2, which 'bellman dataset mix --good hopper_expert-v2.hdf5 --rest hopper_random-v2.hdf5 --ratio 0.1' makes.";
        }
        if (files.Split(',').FirstOrDefault(file => !File.Exists(file)) is { } absent) { return $"It lacks the file {absent}."; }
        if (EnvironmentOf(inputs) is not { } environment) { return "It lacks the environment to evaluate in, which the file does not name: add --set environment=ID."; }
        if (!AllEnvironments.Registry().All.Any(entry => entry.Id == environment.Split('?')[0]))
        {
            return $"It lacks the environment {environment}: 'bellman envs' lists those there are. Name one with the same observations and actions by --set environment=ID.";
        }
        return OptionsOf("bc", "uniform", inputs).References() is null
            ? "It lacks the returns that normalised scores are measured by: add --set referenceRandom=R --set referenceExpert=E."
            : null;
    }

    public static CellResult Run(Cell cell, CellContext context, FullScaleInputs inputs)
    {
        var learner = Learners.First(learner => cell.Arm.Name.StartsWith(learner.Algorithm + "-", StringComparison.Ordinal));
        var sampler = Samplers.First(sampler => cell.Arm.Name.EndsWith("-" + sampler.Suffix, StringComparison.Ordinal));
        var environment = EnvironmentOf(inputs) ?? throw new UsageException("Which environment? Add --set environment=ID.");
        var options = OptionsOf(learner.Algorithm, sampler.Sampling, inputs);
        var references = options.References() ?? throw new UsageException("Add --set referenceRandom=R --set referenceExpert=E.");
        var (steps, every, episodes) = (Whole(inputs, StepsOption, 1_000_000), Whole(inputs, EveryOption, 5_000), (int)Whole(inputs, EpisodesOption, 10));
        var registry = AllEnvironments.Registry();
        using var agent = (IOfflineAgent)AlgorithmRegistry.Find(learner.Algorithm).Create(new AgentRequest(registry, environment, options, cell.Seed, steps));
        using var silence = new Runs.MetricLog();
        var seeds = context.Random.Child("evaluation");
        var (at, scores, lengths) = (new List<double>(), new List<double>(), new List<double>());
        while (agent.Steps < steps)
        {
            agent.Advance(silence);
            if (agent.Steps % every != 0 && agent.Steps != steps) { continue; }
            var result = Evaluation.Run(agent.Policy, () => registry.Make(environment), episodes, seeds.NextUInt64(), cancellation: context.Cancellation);
            at.Add(agent.Steps);
            scores.Add(references.Score(result.MeanReturn));
            lengths.Add(result.MeanLength);
            context.Report((double)agent.Steps / steps, $"score {scores[^1]:0.#}");
        }
        var data = agent.Experience.Data;
        var distribution = agent.Experience.Distribution ?? new TransitionDistribution(data, new UniformScorer());
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                // The last evaluations, not the best.
                ["score"] = scores.TakeLast(LastEvaluations).Average(),
                ["length"] = lengths.TakeLast(LastEvaluations).Average(),
                ["expert-mass"] = double.NaN,
                ["behaviour-return"] = distribution.MeanReturn,
                ["effective-share"] = distribution.EffectiveSampleSize / data.Count,
                ["psv"] = data.PositiveSidedVariance,
            },
            Curves = [new Curve("score", at, scores)],
        };
    }

    public static IReadOnlyList<Claim> Claims() =>
        [.. Learners.SelectMany(learner => new[] { "uniform", "top" }.Select(other =>
            Claim.Difference($"{learner.Algorithm}: AW over {other}", $"{learner.Algorithm}-aw", $"{learner.Algorithm}-{other}", "score", 0, Statistic.Mean).ReportOnly()))];

    private static string? EnvironmentOf(FullScaleInputs inputs) =>
        inputs.Settings.TryGetValue(EnvironmentOption, out var given) ? given : inputs.Data is { } files ? DatasetFile.ReadEnvironment(files.Split(',')[0]) : null;

    private static OfflineOptions OptionsOf(string algorithm, string sampling, FullScaleInputs inputs)
    {
        var set = AlgorithmRegistry.Find(algorithm).Options;
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["data"] = inputs.Data ?? "", ["sampling"] = sampling };
        foreach (var setting in Learners.First(learner => learner.Algorithm == algorithm).Settings.Split(' ', StringSplitOptions.RemoveEmptyEntries)) { values[setting.Split('=')[0]] = setting.Split('=')[1]; }
        foreach (var (name, value) in inputs.Settings)
        {
            if (new[] { EnvironmentOption, StepsOption, EveryOption, EpisodesOption }.Contains(name, StringComparer.OrdinalIgnoreCase)) { continue; }
            // An option of another learner is not wrong for this one; one that no learner has is.
            if (!set.Options.Any(option => option.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                && Learners.Any(other => AlgorithmRegistry.Find(other.Algorithm).Options.Options.Any(option => option.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))) { continue; }
            values[name] = value;
        }
        return set.Create<OfflineOptions>(values);
    }

    private static long Whole(FullScaleInputs inputs, string name, long usual) => !inputs.Settings.TryGetValue(name, out var text) ? usual
        : long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw new UsageException($"{name} cannot be '{text}': it is a whole number from 1 up.");
}
