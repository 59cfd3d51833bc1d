using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.Foundations;

/// <summary>Trains one arm with one seed: selects on the way, reports the policy that was best.</summary>
internal sealed class FoundationsTraining(FoundationsArm arm, long total, int selections, ulong seed, CellContext context)
{
    private readonly EnvironmentRegistry registry = StandardEnvironments.Registry();
    private readonly List<double> steps = [];
    private readonly List<double> returns = [];

    public CellResult Run(int reportEpisodes)
    {
        var algorithm = AlgorithmRegistry.Find(arm.Algorithm);
        var options = algorithm.Options.Create<AlgorithmOptions>(arm.OptionValues);
        using var agent = algorithm.Create(new AgentRequest(registry, arm.Task.Environment, options, seed, total));
        var every = Math.Max(1, total / selections);
        var selectionSeed = context.Random.Child("selection").NextUInt64();
        var reportSeed = context.Random.Child("report").NextUInt64();
        using var silence = new Runs.MetricLog();
        var (best, report, solvedAt) = (double.NegativeInfinity, double.NaN, double.NaN);
        while (agent.Steps < total && !(arm.StopWhenSolved && double.IsFinite(solvedAt)))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var before = agent.Steps;
            agent.Advance(silence);
            if (agent.Steps / every == before / every) { continue; }
            var selection = Measure(agent.Policy, arm.Task.SelectionEpisodes, selectionSeed);
            steps.Add(agent.Steps);
            returns.Add(selection);
            if (selection >= arm.Task.Solved && double.IsNaN(solvedAt)) { solvedAt = agent.Steps; }
            // Reported at the moment of selection: the same as keeping this policy and measuring it later.
            if (selection > best) { (best, report) = (selection, Measure(agent.Policy, reportEpisodes, reportSeed)); }
            context.Report((double)agent.Steps / total, $"return {selection:0.##}");
        }
        var random = Measure(new RandomPolicy(agent.ActionSpace, context.Random.Child("random policy")), reportEpisodes, reportSeed);
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["score"] = (report - random) / (arm.Task.Solved - random),
                ["return"] = report,
                ["last-return"] = Measure(agent.Policy, reportEpisodes, reportSeed),
                ["steps-to-solve"] = solvedAt,
            },
            Curves = [new Curve(arm.Task.Name, steps, returns)],
        };
    }

    private double Measure(IPolicy policy, int episodes, ulong evaluationSeed)
    {
        using var environment = registry.MakeVector(arm.Task.Environment, 10);
        return Evaluation.Run(policy, environment, episodes, evaluationSeed, cancellation: context.Cancellation).MeanReturn;
    }
}
