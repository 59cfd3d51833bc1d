using Bellman.Algorithms.Tabular;
using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>What a swarm came to in one episode (the method's section 3.7).</summary>
/// <param name="Steps">Step at which the last cell was reached; the horizon where one was not.</param>
/// <param name="CellsVisited">Share of the cells that some robot reached.</param>
/// <param name="ShareNear">Share of the robots near a cell at the end.</param>
/// <param name="Balance">Least over greatest number of robots that have a cell as their nearest, at the end.</param>
/// <param name="MeanDistance">Mean over the robots of the distance to their nearest cell, at the end.</param>
/// <param name="RobotsInContact">Share of the robots that reached a cell.</param>
/// <param name="FirstContact">Mean step of first contact over those robots; NaN if there is none.</param>
/// <param name="Collisions">Moves that an obstacle cancelled.</param>
public sealed record NanorobotsSwarmRun(
    int Steps, double CellsVisited, double ShareNear, double Balance, double MeanDistance, double RobotsInContact, double FirstContact, int Collisions)
{
    internal static NanorobotsSwarmRun Of(ChemotaxisWorld3D world, SwarmMetrics metrics, int horizon)
    {
        var (contacts, total) = (0, 0.0);
        foreach (var time in metrics.FirstContact)
        {
            if (time < 0) { continue; }
            contacts++;
            total += time;
        }
        var steps = 0;
        foreach (var time in metrics.FirstVisit) { steps = Math.Max(steps, time < 0 ? horizon : time); }
        return new NanorobotsSwarmRun(steps, (double)metrics.CellsVisited / world.Cells.Count, metrics.ShareNear, metrics.AssignmentBalance,
            metrics.MeanDistance, (double)contacts / world.RobotCount, contacts == 0 ? double.NaN : total / contacts, world.Collisions);
    }
}

/// <summary>
/// Independent robots that compete for cells in the corrected world, with one table each or one for all. A captured cell is gone; the
/// episode ends when none is left.
/// </summary>
public sealed class NanorobotsSwarm
{
    private readonly ChemotaxisSwarm swarm;
    private readonly int[] states, nextStates;
    private readonly MacroAction[] actions;
    private readonly double[] rewards;

    /// <summary>A swarm with these options.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public NanorobotsSwarm(NanorobotsOptions options)
    {
        Options = OptionSet.Validated(options, "nanorobots, swarm");
        swarm = new ChemotaxisSwarm(options.World, options.Robots, options.Cells, options.Horizon);
        (states, nextStates) = (new int[options.Robots], new int[options.Robots]);
        (actions, rewards) = (new MacroAction[options.Robots], new double[options.Robots]);
        var tables = options.SharedQ ? 1 : options.Robots;
        Learners = Enumerable.Range(0, tables)
            .Select(_ => new QLearning(new QTable(MacroActions.States, MacroActions.Count), options.Alpha, options.Gamma)).ToArray();
    }

    /// <summary>The options.</summary>
    public NanorobotsOptions Options { get; }

    /// <summary>One learner a robot, or a single one that all share.</summary>
    public IReadOnlyList<QLearning> Learners { get; }

    /// <summary>Learns for <see cref="NanorobotsOptions.Episodes"/> episodes.</summary>
    public NanorobotsSwarmRun[] Train(RandomStream random) => Play(random, "training", Options.Episodes, Options.Epsilon, learn: true);

    /// <summary>Plays <see cref="NanorobotsOptions.EvaluationEpisodes"/> episodes without learning.</summary>
    public NanorobotsSwarmRun[] Evaluate(RandomStream random) => Play(random, "evaluation", Options.EvaluationEpisodes, Options.EvaluationEpsilon, learn: false);

    private NanorobotsSwarmRun[] Play(RandomStream random, string phase, int episodes, double epsilon, bool learn)
    {
        var choices = random.Child($"swarm {phase} choices");
        var runs = new NanorobotsSwarmRun[episodes];
        for (var episode = 0; episode < episodes; episode++)
        {
            var world = random.Child($"swarm {phase} world", episode);
            swarm.Reset(world, states);
            while (!Step(world, choices, epsilon, learn).Done) { }
            runs[episode] = NanorobotsSwarmRun.Of(swarm.World, swarm.Metrics, swarm.Horizon);
        }
        return runs;
    }

    private StepResult Step(RandomStream world, RandomStream choices, double epsilon, bool learn)
    {
        for (var i = 0; i < actions.Length; i++) { actions[i] = (MacroAction)LearnerOf(i).Table.EpsilonGreedy(states[i], epsilon, choices); }
        var result = swarm.Step(actions, world, nextStates, rewards);
        for (var i = 0; learn && i < actions.Length; i++)
        {
            // For the robots that lost the race the episode was cut short from outside. Were its end worth 0 to them, fifteen equal
            // updates at once would wipe a shared table's entry just before evaluation.
            LearnerOf(i).Learn(states[i], (int)actions[i], rewards[i], nextStates[i], result.Terminated && swarm.JustCaptured(i));
        }
        nextStates.CopyTo(states, 0);
        return result;
    }

    private QLearning LearnerOf(int robot) => Learners[Options.SharedQ ? 0 : robot];
}
