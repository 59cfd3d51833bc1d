using Bellman.Algorithms.Tabular;
using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>
/// The published mode (the method's section 3.3), weaknesses included: while far the reward is the concentration before the move, the
/// same for both actions, and while near the chosen action is not used. The movement rules find the cell, not the table.
/// </summary>
public sealed class NanorobotsPublished
{
    /// <summary>Column of the table: move towards a biomarker.</summary>
    public const int TowardBiomarker = 0;

    /// <summary>Column of the table: named "towards the cancer cell"; while far it does not move.</summary>
    public const int TowardCell = 1;

    private const int Far = 0;
    private const int Near = 1;

    /// <summary>The published mode with these options.</summary>
    /// <exception cref="UsageException">An option is out of range, or two contradict each other.</exception>
    public NanorobotsPublished(NanorobotsPublishedOptions options)
    {
        Options = OptionSet.Validated(options, "nanorobots, published mode");
        World = new ChemotaxisWorld3D(options.World);
    }

    /// <summary>The options.</summary>
    public NanorobotsPublishedOptions Options { get; }

    /// <summary>The world of the run.</summary>
    public ChemotaxisWorld3D World { get; }

    /// <summary>One run from a new world and an empty table.</summary>
    /// <param name="random">Its children are drawn from: the world and the choices apart.</param>
    /// <param name="trace">Follows the run.</param>
    /// <returns>The run and its 2 x 2 table, rows far and near.</returns>
    public (NanorobotsRun Run, QTable Table) Play(RandomStream random, NanorobotsTrace trace)
    {
        var (world, choices) = (random.Child("world"), random.Child("choices"));
        var table = new QTable(2, 2);
        var learner = new QLearning(table, Options.Alpha, Options.Gamma);
        World.Reset(world);
        trace.Begin();
        for (var step = 0; step < Options.Horizon; step++)
        {
            World.MoveCells(world);
            var distance = (World.Cells[0] - World.Robots[0]).Length;
            if (distance < Options.StopDistance) { return (trace.Finish(captured: true, collisions: 0), table); }
            trace.Add(Step(distance, learner, choices));
        }
        return (trace.Finish(captured: false, collisions: 0), table);
    }

    /// <summary>The sum of unit vectors away from every obstacle closer than <paramref name="reach"/>; coinciding ones push nowhere.</summary>
    public static Vector3D Repulsion(PointSet obstacles, Vector3D position, double reach)
    {
        var push = Vector3D.Zero;
        for (var i = 0; i < obstacles.Count; i++)
        {
            if (obstacles.SquaredDistance(i, position) < reach * reach) { push += (position - obstacles[i]).Unit; }
        }
        return push;
    }

    /// <summary>
    /// argmax_j exp(-||b_j - p||^2) as the program computes it: farther than 27.3 every value is 0 and the first particle wins.
    /// </summary>
    public static int NearestByExponential(PointSet particles, Vector3D position)
    {
        var (best, bestValue) = (0, -1.0);
        for (var j = 0; j < particles.Count; j++)
        {
            var value = Math.Exp(-particles.SquaredDistance(j, position));
            if (value > bestValue) { (best, bestValue) = (j, value); }
        }
        return best;
    }

    /// <summary>A far move: the step length towards the nearest biomarker, pushed by obstacles.</summary>
    public static Vector3D FarMove(ChemotaxisWorld3D world, Vector3D position, NanorobotsPublishedOptions options)
    {
        var particles = world.Field.Particles;
        var nearest = options.PublishedUnderflow ? NearestByExponential(particles, position) : particles.Nearest(position, out _);
        // The program adds the push to the particle itself; here the target is a copy.
        var target = particles[nearest] + Repulsion(world.Obstacles, position, options.ObstacleRadius);
        return (target - position).Unit * options.FarStep;
    }

    /// <summary>A near move: straight to the cell, pushed by obstacles, faster as it comes closer.</summary>
    public static Vector3D NearMove(ChemotaxisWorld3D world, Vector3D position, Vector3D cell, NanorobotsPublishedOptions options)
    {
        var toCell = cell - position;
        var direction = toCell + Repulsion(world.Obstacles, position, options.ObstacleRadius);
        return direction.Unit * NearStep(toCell.Length, options.NearSpeed);
    }

    /// <summary>The near step length k / (d + 0.1).</summary>
    public static double NearStep(double distance, double speed) => speed / (distance + 0.1);

    private NanorobotsStep Step(double distance, QLearning learner, RandomStream choices)
    {
        var (position, cell) = (World.Robots[0], World.Cells[0]);
        var concentration = World.Field.Concentration(position);
        var state = distance > Options.LearnDistance ? Far : Near;
        var action = learner.Table.EpsilonGreedy(state, Options.Epsilon, choices);
        var move = (state, action) switch
        {
            (Near, _) => NearMove(World, position, cell, Options),
            (_, TowardBiomarker) => FarMove(World, position, Options),
            _ => Vector3D.Zero,
        };
        // Reward and next state before the move: this is why the table cannot learn the choice.
        var reward = state == Far ? concentration : -distance;
        learner.Learn(state, action, reward, state, terminated: false);
        World.Robots[0] = position + move;
        return new NanorobotsStep(distance, concentration, reward, position, cell);
    }
}
