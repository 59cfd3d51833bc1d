using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>Makes the agent of a run's configuration.</summary>
internal static class Agents
{
    public static IAgent Create(RunConfiguration configuration)
    {
        var algorithm = AlgorithmRegistry.Find(configuration.Algorithm);
        var options = algorithm.Options.Create<AlgorithmOptions>(configuration.Options);
        return algorithm.Create(new AgentRequest(StandardEnvironments.Registry(), configuration.Environment, options, configuration.Seed, configuration.Steps));
    }

    /// <summary>Seed of the evaluations that choose the best checkpoint: apart from those that report how good it is.</summary>
    public static ulong SelectionSeed(ulong seed) => RandomStream.Create(seed, "selection").NextUInt64();

    /// <summary>Seed of the evaluations that are reported.</summary>
    public static ulong ReportSeed(ulong seed) => RandomStream.Create(seed, "report").NextUInt64();
}
