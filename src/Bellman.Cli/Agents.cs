using Bellman.Algorithms;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>Makes the agent of a run's configuration.</summary>
internal static class Agents
{
    /// <summary>Behind a run's name: its last policy in place of its best.</summary>
    public const string LastSuffix = ":last";

    /// <summary>The standard algorithms and the papers', by name.</summary>
    public static IReadOnlyList<AlgorithmRegistration> Algorithms { get; } = [.. AlgorithmRegistry.All.Concat(PaperAlgorithms.All).OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <inheritdoc cref="AlgorithmRegistry.Find(string)"/>
    public static AlgorithmRegistration Find(string name) => AlgorithmRegistry.Find(name, Algorithms);

    public static IAgent Create(RunConfiguration configuration)
    {
        var algorithm = Find(configuration.Algorithm);
        var options = algorithm.Options.Create<AlgorithmOptions>(configuration.Options);
        return algorithm.Create(new AgentRequest(AllEnvironments.Registry(), configuration.Environment, options, configuration.Seed, configuration.Steps)
        {
            LoadPolicy = run => LoadPolicy(run, configuration.Environment),
        });
    }

    /// <summary>The policy of a run, to learn from.</summary>
    /// <param name="name">Its folder, or an id in the usual folder of runs; <c>:last</c> behind it takes the last checkpoint in place of the best.</param>
    /// <param name="environment">Where it must have been trained.</param>
    /// <exception cref="UsageException">There is no such run, or it was trained elsewhere.</exception>
    private static IPolicy LoadPolicy(string name, string environment)
    {
        var last = name.EndsWith(LastSuffix, StringComparison.Ordinal);
        using var run = new RunStore("runs").Open(last ? name[..^LastSuffix.Length] : name);
        if (run.Configuration.Environment != environment) { throw new UsageException($"The expert {run.Id} was trained in {run.Configuration.Environment}, not in {environment}. Give a run of that environment."); }
        // The agent lives as long as its policy is used: until the process ends.
        var agent = Create(run.Configuration);
        Restore(agent, run, last, _ => { });
        return agent.Policy;
    }

    /// <summary>The ends of the scale of normalised scores of an offline run; null where nobody says or the run is none.</summary>
    public static ReferenceReturns? References(RunConfiguration configuration) =>
        Find(configuration.Algorithm).Options.Create<AlgorithmOptions>(configuration.Options) is OfflineOptions options ? options.References() : null;

    /// <summary>Restores the agent of a run from its best checkpoint, or from the last one.</summary>
    /// <returns>The checkpoint's steps and whether it is the best.</returns>
    /// <exception cref="BellmanException">There is no whole checkpoint.</exception>
    public static (long Steps, bool Best) Restore(IAgent agent, Run run, bool last, Action<string> warn)
    {
        var checkpoints = run.CheckpointsOf(agent);
        if (!last && checkpoints.HasBest) { return (checkpoints.RestoreBest(agent, TrainingLoop.AgentPart), true); }
        return (checkpoints.RestoreLatest(agent, TrainingLoop.AgentPart, warn)
            ?? throw new BellmanException($"{run.Id} has no checkpoint yet. Train it further: bellman train --resume {run.Id}"), false);
    }

    /// <summary>Seed of the evaluations that choose the best checkpoint: apart from those that report how good it is.</summary>
    public static ulong SelectionSeed(ulong seed) => RandomStream.Create(seed, "selection").NextUInt64();

    /// <summary>Seed of the evaluations that are reported.</summary>
    public static ulong ReportSeed(ulong seed) => RandomStream.Create(seed, "report").NextUInt64();
}
