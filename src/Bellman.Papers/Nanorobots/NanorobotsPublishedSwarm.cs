using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>
/// The published swarm: every robot follows the movement rules towards its nearest cell, without a table and without stopping. Nothing
/// in it learns.
/// </summary>
public sealed class NanorobotsPublishedSwarm
{
    /// <summary>A swarm with these options.</summary>
    /// <exception cref="UsageException">An option is out of range, or two contradict each other.</exception>
    public NanorobotsPublishedSwarm(NanorobotsPublishedOptions options)
    {
        Options = OptionSet.Validated(options, "nanorobots, published swarm");
        World = new ChemotaxisWorld3D(options.World, options.Robots, options.Cells);
    }

    /// <summary>The options.</summary>
    public NanorobotsPublishedOptions Options { get; }

    /// <summary>The world of the run.</summary>
    public ChemotaxisWorld3D World { get; }

    /// <summary>One run of <see cref="NanorobotsPublishedOptions.Horizon"/> steps.</summary>
    public NanorobotsSwarmRun Play(RandomStream random)
    {
        World.Reset(random);
        var metrics = new SwarmMetrics(World);
        metrics.Begin();
        for (var step = 1; step <= Options.Horizon; step++)
        {
            World.MoveCells(random);
            for (var i = 0; i < World.RobotCount; i++)
            {
                var position = World.Robots[i];
                var cell = World.NearestCell(position, out var distance);
                World.Robots[i] = position + (distance > Options.LearnDistance
                    ? NanorobotsPublished.FarMove(World, position, Options)
                    : NanorobotsPublished.NearMove(World, position, World.Cells[cell], Options));
            }
            metrics.Record(step);
        }
        return NanorobotsSwarmRun.Of(World, metrics, Options.Horizon);
    }
}
