using System.Globalization;
using System.Text;
using Bellman.Algorithms.Tabular;
using Bellman.Environments.Chemotaxis;
using Bellman.Experiments;

namespace Bellman.Papers.Nanorobots;

/// <summary>Runs one arm of the reproduction with one seed.</summary>
internal static class NanorobotsCells
{
    private const int FarClear = 0;
    private const int NearClear = 2;

    private static readonly string[] StateNames = ["far, clear", "far, blocked", "near, clear", "near, blocked"];
    private static readonly string[] ActionNames = ["toward biomarker", "toward cell", "avoid", "hold"];

    /// <summary>One arm: a name, a sentence, and what it runs.</summary>
    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly Entry[] Entries =
    [
        Learned("q-learning", "Q-learning in the corrected mode, 200 obstacles.", ArmKind.Method, options => options, pictures: true),
        Fixed("random", "A uniformly random macro-action.", (_, choices) => choices.NextInt32(MacroActions.Count), double.NaN, double.NaN),
        Fixed("biomarker-only", "Always toward the nearest biomarker.", (_, _) => (int)MacroAction.TowardBiomarker, 1, 0),
        Fixed("cell-only", "Always toward the cell, whose bearing is unknown while far.", (_, _) => (int)MacroAction.TowardCell, 0, 1),
        Fixed("hand-map", "Toward biomarkers while far, toward the cell while near; no way around obstacles.", HandMap, 1, 1),
        Fixed("hand-map-wandering", "The same map with the evaluation's share of random actions, as the learned table has.",
            (state, choices) => choices.NextBoolean(new NanorobotsOptions().EvaluationEpsilon) ? choices.NextInt32(MacroActions.Count) : HandMap(state, choices), 1, 1),
        Published("published", "The published program, its table learning.", ArmKind.Baseline, options => options),
        Published("published-random", "The published program with random actions in place of the table.", ArmKind.Ablation, options => options with { Epsilon = 1 }),
        Published("published-exact", "The published program with the true nearest particle at any distance.", ArmKind.Ablation, options => options with { PublishedUnderflow = false }),
        Learned("no-clipping", "Corrected mode without clipping the shaping reward.", ArmKind.Ablation, options => options with { ClipShaping = false }),
        Learned("no-obstacles", "Corrected mode without obstacles.", ArmKind.Ablation, options => options with { Obstacles = 0 }),
        Learned("noise-0-005", "Sensor noise 0.005 in each reading of ln c.", ArmKind.Ablation, options => options with { SensorNoise = 0.005 }),
        Learned("noise-0-05", "Sensor noise 0.05.", ArmKind.Ablation, options => options with { SensorNoise = 0.05 }),
        Learned("gradient", "The biomarkers' direction from six concentration readings.", ArmKind.Ablation, options => options with { Sensing = ChemotaxisSensing.Gradient }),
        Learned("gradient-noise-0-005", "Six readings, each with sensor noise 0.005.", ArmKind.Ablation,
            options => options with { Sensing = ChemotaxisSensing.Gradient, SensorNoise = 0.005 }),
        Learned("gradient-noise-0-05", "Six readings, each with sensor noise 0.05.", ArmKind.Ablation,
            options => options with { Sensing = ChemotaxisSensing.Gradient, SensorNoise = 0.05 }),
        new(new Arm("swarm-published", "15 robots follow the published rules after 2 cells; nothing learns.", ArmKind.Baseline), RunPublishedSwarm),
        Swarm("swarm-shared", "15 robots compete for 2 cells in the corrected world, learning one table.", options => options with { SharedQ = true }),
        Swarm("swarm-separate", "The same with a table each.", options => options with { SharedQ = false }),
    ];

    /// <summary>All arms, at every size.</summary>
    public static IReadOnlyList<Arm> Arms { get; } = [.. Entries.Select(entry => entry.Arm)];

    public static CellResult Run(Cell cell, CellContext context) => Entries.First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context);

    private static NanorobotsOptions OptionsFor(ReproductionSize size) =>
        size == ReproductionSize.Smoke ? new NanorobotsOptions { Episodes = 10, EvaluationEpisodes = 20 } : new NanorobotsOptions();

    private static Entry Learned(string name, string description, ArmKind kind, Func<NanorobotsOptions, NanorobotsOptions> change, bool pictures = false) =>
        new(new Arm(name, description, kind), (cell, context) => RunLearned(change(OptionsFor(cell.Size)), context, pictures));

    private static Entry Fixed(string name, string description, Func<int, RandomStream, int> policy, double farChoice, double nearChoice) =>
        new(new Arm(name, description, ArmKind.Baseline), (cell, context) =>
        {
            var mode = new NanorobotsCorrected(OptionsFor(cell.Size));
            return new CellResult { Metrics = Metrics(Evaluate(mode, policy, context, from: 0), farChoice, nearChoice) };
        });

    private static Entry Published(string name, string description, ArmKind kind, Func<NanorobotsPublishedOptions, NanorobotsPublishedOptions> change) =>
        new(new Arm(name, description, kind), (cell, context) => RunPublished(change(new NanorobotsPublishedOptions()), OptionsFor(cell.Size).EvaluationEpisodes, context));

    private static Entry Swarm(string name, string description, Func<NanorobotsOptions, NanorobotsOptions> change) =>
        new(new Arm(name, description, ArmKind.Ablation), (cell, context) => RunSwarm(change(OptionsFor(cell.Size)), context));

    private static CellResult RunLearned(NanorobotsOptions options, CellContext context, bool pictures)
    {
        var mode = new NanorobotsCorrected(options);
        var training = mode.Train(context.Random, (episode, run) => context.Report(0.5 * (episode + 1) / options.Episodes, $"training, {run.Steps} steps"));
        var policy = mode.PolicyOf(training.Table);
        var runs = Evaluate(mode, policy, context, from: 0.5);
        if (pictures) { Illustrate(mode, policy, context); }
        double[] episodes = [.. Enumerable.Range(1, training.Episodes.Count).Select(episode => (double)episode)];
        return new CellResult
        {
            Metrics = Metrics(runs,
                training.Table.Greedy(FarClear) == (int)MacroAction.TowardBiomarker ? 1 : 0,
                training.Table.Greedy(NearClear) == (int)MacroAction.TowardCell ? 1 : 0),
            Curves =
            [
                new Curve("episode length", episodes, [.. training.Episodes.Select(run => (double)run.Steps)]),
                new Curve("mean reward", episodes, [.. training.Episodes.Select(run => run.MeanReward)]),
            ],
            Notes = new Dictionary<string, string> { ["learned table"] = TableText(training.Table, StateNames, ActionNames) },
        };
    }

    private static NanorobotsRun[] Evaluate(NanorobotsCorrected mode, Func<int, RandomStream, int> policy, CellContext context, double from) =>
        mode.Evaluate(policy, context.Random,
            (episode, run) => context.Report(from + (1 - from) * (episode + 1) / mode.Options.EvaluationEpisodes, $"evaluation, {run.Steps} steps"));

    private static CellResult RunPublished(NanorobotsPublishedOptions options, int count, CellContext context)
    {
        var mode = new NanorobotsPublished(options);
        var runs = new NanorobotsRun[count];
        var trace = new NanorobotsTrace();
        QTable table = new(2, 2);
        for (var i = 0; i < count; i++)
        {
            (runs[i], table) = mode.Play(context.Random.Child("published run", i), trace);
            context.Report((i + 1.0) / count, $"run of {runs[i].Steps} steps");
        }
        return new CellResult
        {
            // The published rules know no collisions and have other states.
            Metrics = new Dictionary<string, double>(Metrics(runs, double.NaN, double.NaN)) { ["collisions"] = double.NaN },
            Notes = new Dictionary<string, string>
            {
                ["table of the last run"] = TableText(table, ["far", "near"], ["toward biomarker", "toward cancer cell"]),
            },
        };
    }

    private static CellResult RunSwarm(NanorobotsOptions options, CellContext context)
    {
        // A swarm's episode holds fifteen robots' experience: fewer are needed.
        options = options with { Episodes = Math.Max(1, options.Episodes / 4), EvaluationEpisodes = Math.Max(1, options.EvaluationEpisodes / 4) };
        var swarm = new NanorobotsSwarm(options);
        swarm.Train(context.Random);
        context.Report(0.5, "swarm trained");
        return SwarmResult(swarm.Evaluate(context.Random), collides: true);
    }

    private static CellResult RunPublishedSwarm(Cell cell, CellContext context)
    {
        var swarm = new NanorobotsPublishedSwarm(new NanorobotsPublishedOptions());
        var runs = new NanorobotsSwarmRun[Math.Max(1, OptionsFor(cell.Size).EvaluationEpisodes / 10)];
        for (var i = 0; i < runs.Length; i++)
        {
            runs[i] = swarm.Play(context.Random.Child("published swarm", i));
            context.Report((i + 1.0) / runs.Length, "swarm");
        }
        return SwarmResult(runs, collides: false);
    }

    private static void Illustrate(NanorobotsCorrected mode, Func<int, RandomStream, int> policy, CellContext context)
    {
        var trace = new NanorobotsTrace(keepSteps: true);
        mode.EvaluateOne(policy, context.Random, 0, trace);
        var folder = context.CreateFolder();
        File.WriteAllText(Path.Combine(folder, "trace.csv"), trace.ToCsv());
        NanorobotsPicture.Save(mode.World, trace.Steps, Path.Combine(folder, "heatmap.png"));
    }

    private static Dictionary<string, double> Metrics(NanorobotsRun[] runs, double farChoice, double nearChoice)
    {
        double[] successful = [.. runs.Where(run => run.Captured).Select(run => (double)run.Steps)];
        return new()
        {
            ["success"] = (double)successful.Length / runs.Length,
            ["steps"] = runs.Average(run => run.Steps),
            ["median-steps"] = Statistics.Median(successful),
            ["final-distance"] = runs.Average(run => run.FinalDistance),
            ["mean-distance"] = runs.Average(run => run.MeanDistance),
            ["mean-concentration"] = runs.Average(run => run.MeanConcentration),
            ["collisions"] = runs.Average(run => run.Collisions),
            ["far-choice"] = farChoice,
            ["near-choice"] = nearChoice,
        };
    }

    private static CellResult SwarmResult(NanorobotsSwarmRun[] runs, bool collides)
    {
        double[] reached = [.. runs.Where(run => run.CellsVisited == 1).Select(run => (double)run.Steps)];
        double[] contacts = [.. runs.Select(run => run.FirstContact).Where(double.IsFinite)];
        var notes = string.Create(CultureInfo.InvariantCulture,
            $"Mean over {runs.Length} episodes, at the end: {runs.Average(run => run.ShareNear):0.00} of the robots within 8 of a cell, " +
            $"{runs.Average(run => run.RobotsInContact):0.00} reached one (first at step {(contacts.Length == 0 ? double.NaN : contacts.Average()):0}), " +
            $"assignment balance {runs.Average(run => run.Balance):0.00}.");
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["success"] = runs.Average(run => run.CellsVisited),
                ["steps"] = runs.Average(run => run.Steps),
                ["median-steps"] = Statistics.Median(reached),
                ["final-distance"] = runs.Average(run => run.MeanDistance),
                ["mean-distance"] = double.NaN,
                ["mean-concentration"] = double.NaN,
                ["collisions"] = collides ? runs.Average(run => run.Collisions) : double.NaN,
                ["far-choice"] = double.NaN,
                ["near-choice"] = double.NaN,
            },
            Notes = new Dictionary<string, string> { ["swarm"] = notes },
        };
    }

    private static int HandMap(int state, RandomStream choices) => (int)(state >= NearClear ? MacroAction.TowardCell : MacroAction.TowardBiomarker);

    /// <summary>The table in columns, the greedy action of each state starred.</summary>
    private static string TableText(QTable table, string[] states, string[] actions)
    {
        var text = new StringBuilder(new string(' ', 14));
        foreach (var action in actions) { text.Append(action.PadLeft(20)); }
        for (var state = 0; state < table.States; state++)
        {
            text.Append('\n').Append(states[state].PadRight(14));
            for (var action = 0; action < table.Actions; action++)
            {
                var star = action == table.Greedy(state) ? "*" : "";
                text.Append((star + table[state, action].ToString("0.000", CultureInfo.InvariantCulture)).PadLeft(20));
            }
        }
        return text.ToString();
    }
}
