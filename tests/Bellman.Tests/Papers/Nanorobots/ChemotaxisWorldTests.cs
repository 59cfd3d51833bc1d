using Bellman.Environments.Chemotaxis;
using Xunit;

namespace Bellman.Tests.Papers.Nanorobots;

/// <summary>What one step of the corrected world does and pays. The cell stands still unless a test lets it walk.</summary>
public sealed class ChemotaxisWorldTests
{
    private const double StepCost = 0.01;

    [Fact]
    public void Far_shaping_is_the_rise_of_ln_c()
    {
        // One particle, distance 10 -> 9.5: (100 - 90.25) / 1600 = .0060938; the cell itself is far.
        var world = World(new(0, 0, 0), new(30, 0, 0), [], [new(10, 0, 0)], new ChemotaxisOptions { CellDeviation = 0, ClipShaping = false });
        Assert.Equal(0.0060938 / 0.005 - StepCost, Step(world, new(0.5, 0, 0)), 4);
        world = World(new(0, 0, 0), new(30, 0, 0), [], [new(10, 0, 0)]);
        Assert.Equal(1 - StepCost, Step(world, new(0.5, 0, 0)), 12);
        world = World(new(0, 0, 0), new(30, 0, 0), [], [new(10, 0, 0)]);
        Assert.Equal(-StepCost, Step(world, Vector3D.Zero), 12);
    }

    [Fact]
    public void Near_shaping_is_the_approach()
    {
        var world = World(new(0, 0, 0), new(4, 0, 0), [], [new(4, 0, 0)]);
        Assert.Equal(0.5 - StepCost, Step(world, new(0.025, 0, 0)), 10);
    }

    [Fact]
    public void Holding_still_pays_exactly_the_step_cost_however_the_cell_walks()
    {
        // A reward measured after the biomarkers are redrawn would be noise here.
        foreach (var cell in new Vector3D[] { new(30, 0, 0), new(4, 0, 0) })
        {
            var world = World(Vector3D.Zero, cell, [], [cell], new ChemotaxisOptions { CellDeviation = 0.2 });
            var random = RandomStream.Create(3);
            for (var i = 0; i < 20; i++) { Assert.Equal(-StepCost, Step(world, Vector3D.Zero, random)); }
        }
    }

    [Fact]
    public void A_move_into_an_obstacle_is_cancelled_and_costs_half()
    {
        var world = World(new(1.2, 0, 0), new(30, 0, 0), [Vector3D.Zero], [new(30, 0, 0)]);
        Assert.Equal(-0.5 - StepCost, Step(world, new(-0.5, 0, 0)), 12);
        Assert.Equal(new Vector3D(1.2, 0, 0), world.Robots[0]);
        Assert.Equal(1, world.Collisions);
    }

    [Fact]
    public void A_move_out_of_the_box_ends_at_its_wall()
    {
        var world = World(new(49.8, 0, 0), new(0, 0, 0), [], [new(0, 0, 0)]);
        Step(world, new(0.5, 0, 0));
        Assert.Equal(new Vector3D(50, 0, 0), world.Robots[0]);
    }

    [Fact]
    public void Reaching_the_cell_captures_it_before_it_walks()
    {
        var world = World(Vector3D.Zero, new(0.7, 0, 0), [], [new(0.7, 0, 0)], new ChemotaxisOptions { CellDeviation = 10 });
        Assert.Equal(1 - StepCost + 10, Step(world, new(0.3, 0, 0)), 12);
        Assert.True(world.AllCaptured);
        Assert.Equal(new Vector3D(0.7, 0, 0), world.Cells[0]);
    }

    [Fact]
    public void A_cell_that_walks_into_the_robot_is_captured_too()
    {
        var captures = 0;
        for (ulong seed = 0; seed < 50; seed++)
        {
            var world = World(Vector3D.Zero, new(0.55, 0, 0), [], [new(0.55, 0, 0)], new ChemotaxisOptions { CellDeviation = 0.2 });
            var reward = Step(world, Vector3D.Zero, RandomStream.Create(seed));
            Assert.Equal(world.AllCaptured ? 10 - StepCost : -StepCost, reward, 12);
            Assert.Equal(world.AllCaptured, (world.Cells[0] - world.Robots[0]).Length < 0.5);
            if (world.AllCaptured) { captures++; }
        }
        Assert.InRange(captures, 5, 45);
    }

    [Theory]
    [InlineData(30, false, 0)]
    [InlineData(30, true, 1)]
    [InlineData(8, false, 2)]
    [InlineData(8, true, 3)]
    public void State_is_two_near_plus_blocked(double cellDistance, bool blocked, int state)
    {
        Vector3D[] obstacles = [new(0, blocked ? 1.49 : 1.5, 0)];
        var world = World(Vector3D.Zero, new(cellDistance, 0, 0), obstacles, [new(cellDistance, 0, 0)]);
        Assert.Equal(state, MacroActions.State(world, 0));
    }

    [Fact]
    public void Macro_actions_move_as_specified()
    {
        var random = RandomStream.Create(1);
        var far = World(Vector3D.Zero, new(30, 0, 0), [new(0, 1.2, 0)], [new(0, 0, 20)]);
        AssertClose(new(0, 0, 0.5), MacroActions.Displacement(far, 0, MacroAction.TowardBiomarker, random));
        Assert.Equal(0.5, MacroActions.Displacement(far, 0, MacroAction.TowardCell, random).Length, 12);
        Assert.Equal(Vector3D.Zero, MacroActions.Displacement(far, 0, MacroAction.Hold, random));
        // Away from the obstacle and as much around it: 45 degrees.
        var avoid = MacroActions.Displacement(far, 0, MacroAction.Avoid, random);
        Assert.Equal(0.5, avoid.Length, 12);
        Assert.Equal(-0.5 / Math.Sqrt(2), avoid.Y, 12);

        var near = World(Vector3D.Zero, new(4, 0, 0), [], [new(0, 2, 0)]);
        AssertClose(new(0.5 / 4.1, 0, 0), MacroActions.Displacement(near, 0, MacroAction.TowardCell, random));
        AssertClose(new(0, 0.5 / 4.1, 0), MacroActions.Displacement(near, 0, MacroAction.TowardBiomarker, random));
        Assert.Equal(Vector3D.Zero, MacroActions.Displacement(near, 0, MacroAction.Avoid, random));
    }

    [Fact]
    public void Toward_the_cell_while_far_is_a_random_direction()
    {
        var world = World(Vector3D.Zero, new(30, 0, 0), [], [new(30, 0, 0)]);
        var (random, sum) = (RandomStream.Create(5), Vector3D.Zero);
        for (var i = 0; i < 4000; i++) { sum += MacroActions.Displacement(world, 0, MacroAction.TowardCell, random).Unit; }
        // The mean of 4000 unit vectors has standard deviation 0.009 along each axis.
        Assert.True((sum * (1.0 / 4000)).Length < 0.05);
    }

    [Fact]
    public void Reset_leaves_no_obstacle_on_the_robot_and_starts_it_in_its_corner_away_from_the_cell()
    {
        var world = new ChemotaxisWorld3D(new ChemotaxisOptions { HalfEdge = 5, Obstacles = 300 });
        for (ulong seed = 0; seed < 200; seed++)
        {
            world.Reset(RandomStream.Create(seed));
            var robot = world.Robots[0];
            Assert.False(world.Obstacles.AnyWithin(robot, 1.5));
            Assert.True((world.Cells[0] - robot).Length >= 1);
            Assert.True(Math.Max(robot.X, Math.Max(robot.Y, robot.Z)) < -2.5);
            Assert.Equal(50, world.Field.Particles.Count);
        }
    }

    [Fact]
    public void Draws_of_a_reset_come_in_the_documented_order()
    {
        var world = new ChemotaxisWorld3D(new ChemotaxisOptions { Obstacles = 3 });
        world.Reset(RandomStream.Create(11));
        var random = RandomStream.Create(11);
        Assert.Equal(Vector3D.Uniform(random, -50, 50), world.Cells[0]);
        Assert.Equal(Vector3D.Uniform(random, -50, -25), world.Robots[0]);
        for (var i = 0; i < 3; i++) { Assert.Equal(Vector3D.Uniform(random, -50, 50), world.Obstacles[i]); }
        for (var i = 0; i < 50; i++) { Assert.Equal(world.Cells[0] + Vector3D.Uniform(random, -5, 5), world.Field.Particles[i]); }
    }

    [Fact]
    public void Options_that_make_no_world_are_refused_by_name()
    {
        Refused(new ChemotaxisOptions { ConcentrationRadius = 0 }, "concentrationRadius");
        Refused(new ChemotaxisOptions { ConcentrationRadius = -40 }, "concentrationRadius");
        Refused(new ChemotaxisOptions { Biomarkers = 0 }, "biomarkers");
        Refused(new ChemotaxisOptions { Obstacles = -1 }, "obstacles");
        Refused(new ChemotaxisOptions { CaptureDistance = 0.5, NearDistance = 0.5 }, "nearDistance");
        Refused(new ChemotaxisOptions { BlockedDistance = 0.5 }, "blockedDistance");
        Refused(new ChemotaxisOptions { SensorNoise = double.NaN }, "sensorNoise");

        static void Refused(ChemotaxisOptions options, string name) =>
            Assert.Contains(name, Assert.Throws<UsageException>(() => new ChemotaxisWorld3D(options)).Message, StringComparison.Ordinal);
    }

    private static ChemotaxisWorld3D World(
        Vector3D robot, Vector3D cell, Vector3D[] obstacles, Vector3D[] biomarkers, ChemotaxisOptions? options = null)
    {
        var world = new ChemotaxisWorld3D(options ?? new ChemotaxisOptions { CellDeviation = 0 });
        world.Place([robot], [cell], obstacles, biomarkers);
        return world;
    }

    private static double Step(ChemotaxisWorld3D world, Vector3D displacement, RandomStream? random = null)
    {
        var reward = new double[1];
        world.Step([displacement], random ?? RandomStream.Create(0), reward);
        return reward[0];
    }

    private static void AssertClose(Vector3D expected, Vector3D actual) => Assert.True((expected - actual).Length < 1e-12, $"{actual} is not {expected}");
}
