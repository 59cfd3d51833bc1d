using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.Foundations;

/// <summary>
/// The standard algorithms on the standard task: each must balance CartPole within 100,000 steps on nearly every seed.
/// What the papers are compared with has to work first.
/// </summary>
public sealed class FoundationsReproduction : Reproduction
{
    private const string Environment = "CartPole-v1";
    private const double Solved = 475;
    private const int SelectionEpisodes = 20;
    private const int ReportEpisodes = 100;

    /// <inheritdoc/>
    public override string Slug => "foundations";

    /// <inheritdoc/>
    public override string Title => "The standard algorithms on CartPole";

    /// <inheritdoc/>
    public override string Summary =>
        "PPO and DQN reach a mean return of at least 475 on CartPole-v1 over 100 evaluation episodes within 100,000 steps, PPO on 5 of 5 seeds and DQN on at least 4 of 5. " +
        "The policy that counts is the one that was best on 20 selection episodes, which are apart from the 100.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("return", "mean return of the selected policy over 100 episodes", "", true) { Primary = true },
        new("last-return", "mean return of the last policy over the same episodes", "", true),
        new("steps-to-475", "steps until a selection reached 475 first", "steps", false),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } = [new("selection", "environment steps", "mean return of 20 episodes")];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) =>
    [
        new("ppo", "Proximal policy optimisation with its defaults", ArmKind.Method),
        new("dqn", "Deep Q-learning with its defaults", ArmKind.Method),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [Claim.AtLeast("PPO learns", "ppo", "return", 100, Statistic.Mean), Claim.AtLeast("DQN learns", "dqn", "return", 40, Statistic.Mean).ReportOnly()]
        :
        [
            Claim.Every("PPO solves CartPole on 5 of 5 seeds", "ppo", "return", value => value >= Solved, $"return >= {Solved}"),
            Claim.Every("DQN solves CartPole on 4 of 5 seeds", "dqn", "return", value => value >= Solved, $"return >= {Solved}", share: 0.8),
        ];

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        var total = cell.Size == ReproductionSize.Smoke ? 20_000 : 100_000;
        var every = total / 40;
        var registry = StandardEnvironments.Registry();
        var algorithm = AlgorithmRegistry.Find(cell.Arm.Name);
        var options = algorithm.Options.Create<AlgorithmOptions>([]);
        using var agent = algorithm.Create(new AgentRequest(registry, Environment, options, cell.Seed, total));
        var selectionSeed = context.Random.Child("selection").NextUInt64();
        var reportSeed = context.Random.Child("report").NextUInt64();
        var silence = new Runs.MetricLog();
        List<double> steps = [], returns = [];
        var (best, report, solvedAt) = (double.NegativeInfinity, double.NaN, double.NaN);
        while (agent.Steps < total)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var before = agent.Steps;
            agent.Advance(silence);
            if (agent.Steps / every == before / every) { continue; }
            var selection = Measure(agent, registry, SelectionEpisodes, selectionSeed, context);
            steps.Add(agent.Steps);
            returns.Add(selection);
            if (selection >= Solved && double.IsNaN(solvedAt)) { solvedAt = agent.Steps; }
            // Reported at the moment of selection: the same as keeping this policy and measuring it later.
            if (selection > best) { (best, report) = (selection, Measure(agent, registry, ReportEpisodes, reportSeed, context)); }
            context.Report((double)agent.Steps / total, $"return {selection:0}");
        }
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["return"] = report,
                ["last-return"] = Measure(agent, registry, ReportEpisodes, reportSeed, context),
                ["steps-to-475"] = solvedAt,
            },
            Curves = [new Curve("selection", steps, returns)],
        };
    }

    private static double Measure(IAgent agent, EnvironmentRegistry registry, int episodes, ulong seed, CellContext context)
    {
        using var environment = registry.MakeVector(Environment, 10);
        return Evaluation.Run(agent.Policy, environment, episodes, seed, cancellation: context.Cancellation).MeanReturn;
    }
}
