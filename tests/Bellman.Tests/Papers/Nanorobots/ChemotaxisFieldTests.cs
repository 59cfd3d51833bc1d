using Bellman.Environments.Chemotaxis;
using Bellman.Papers.Nanorobots;
using Xunit;

namespace Bellman.Tests.Papers.Nanorobots;

/// <summary>The field and the published rules, by the specification's own numbers.</summary>
public sealed class ChemotaxisFieldTests
{
    [Fact]
    public void Concentration_is_the_mean_of_gaussians()
    {
        var field = new BiomarkerField(Points(new(0, 0, 0), new(40, 0, 0), new(0, 80, 0)), 40);
        // (1 + e^-1 + e^-4) / 3
        Assert.Equal(0.4620650, field.Concentration(Vector3D.Zero), 7);
    }

    [Fact]
    public void Logarithm_of_the_concentration_stays_finite_where_the_concentration_underflows()
    {
        var field = new BiomarkerField(Points(new(0, 0, 0), new(1, 0, 0)), 1);
        Assert.Equal(0, field.Concentration(new(100, 0, 0)));
        Assert.Equal(-99 * 99 + Math.Log((1 + Math.Exp(-199)) / 2), field.LogConcentration(new(100, 0, 0)), 9);
    }

    [Fact]
    public void Sensed_direction_points_up_the_gradient()
    {
        var field = new BiomarkerField(Points(new Vector3D(6, 8, 0)), 40);
        var direction = field.Direction(Vector3D.Zero, noise: 0, RandomStream.Create(0));
        Assert.Equal(0.6, direction.X, 10);
        Assert.Equal(0.8, direction.Y, 10);
        Assert.Equal(0, direction.Z, 10);
    }

    [Fact]
    public void Published_far_move_goes_half_a_unit_towards_the_particle()
    {
        var world = World(robot: Vector3D.Zero, cell: new(20, 0, 0), [], new Vector3D(3, 4, 0));
        var move = NanorobotsPublished.FarMove(world, Vector3D.Zero, new NanorobotsPublishedOptions());
        Assert.Equal(0.3, move.X, 12);
        Assert.Equal(0.4, move.Y, 12);
        Assert.Equal(0, move.Z, 12);
    }

    [Fact]
    public void Near_step_grows_as_the_robot_closes_in_and_is_capped_in_the_corrected_mode()
    {
        Assert.Equal(0.1219512, NanorobotsPublished.NearStep(4, 0.5), 7);
        Assert.Equal(0.8333333, NanorobotsPublished.NearStep(0.5, 0.5), 7);
        var world = new ChemotaxisWorld3D(new ChemotaxisOptions());
        Assert.Equal(0.1219512, world.StepLength(4), 7);
        Assert.Equal(0.5, world.StepLength(0.5));
        Assert.Equal(0.5, world.StepLength(8.01));
    }

    [Fact]
    public void An_obstacle_shifts_the_target_by_a_unit_vector_away_from_it_and_leaves_the_particle_alone()
    {
        var push = NanorobotsPublished.Repulsion(Points(new(0.5, 0, 0), new(0, 1, 0)), Vector3D.Zero, 1);
        Assert.Equal(new Vector3D(-1, 0, 0), push);

        var world = World(robot: Vector3D.Zero, cell: new(20, 0, 0), [new(0.5, 0, 0)], new Vector3D(3, 4, 0));
        NanorobotsPublished.FarMove(world, Vector3D.Zero, new NanorobotsPublishedOptions());
        Assert.Equal(new Vector3D(3, 4, 0), world.Field.Particles[0]);
    }

    [Fact]
    public void An_obstacle_or_a_target_at_the_robot_pushes_nowhere()
    {
        Assert.Equal(Vector3D.Zero, NanorobotsPublished.Repulsion(Points(Vector3D.Zero), Vector3D.Zero, 1));
        var world = World(robot: Vector3D.Zero, cell: Vector3D.Zero, [], Vector3D.Zero);
        Assert.Equal(Vector3D.Zero, NanorobotsPublished.FarMove(world, Vector3D.Zero, new NanorobotsPublishedOptions()));
        Assert.Equal(Vector3D.Zero, NanorobotsPublished.NearMove(world, Vector3D.Zero, Vector3D.Zero, new NanorobotsPublishedOptions()));
    }

    [Fact]
    public void Beyond_27_3_the_published_nearest_particle_is_the_first()
    {
        Assert.True(Math.Exp(-27.2 * 27.2) is > 0 and < 2.3e-308);
        Assert.Equal(0, Math.Exp(-27.3 * 27.3));

        var particles = Points(new(40, 0, 0), new(28, 0, 0));
        Assert.Equal(0, NanorobotsPublished.NearestByExponential(particles, Vector3D.Zero));
        Assert.Equal(1, particles.Nearest(Vector3D.Zero, out var distance));
        Assert.Equal(28, distance);
        Assert.Equal(1, NanorobotsPublished.NearestByExponential(particles, new(10, 0, 0)));
    }

    [Fact]
    public void Heat_map_shows_the_field_at_each_grid_cell()
    {
        var options = new ChemotaxisOptions { Obstacles = 0 };
        var world = new ChemotaxisWorld3D(options);
        world.Place([Vector3D.Zero], [new(10, 20, 30)], [], [new(10, 20, 30)]);
        var map = NanorobotsHeatMap.Compute(world, CoordinatePlane.XZ);
        // Column 0 and row 0 have their centre at x = -48.333, z = 48.333; the cell counts ten times, its one particle once.
        var edge = 50 - 50.0 / 30;
        var squared = (10 + edge) * (10 + edge) + (30 - edge) * (30 - edge);
        Assert.Equal(11 * Math.Exp(-0.5 * squared / 1600), map[0, 0], 10);
        Assert.Equal((30, 30), (map.GetLength(0), map.GetLength(1)));
    }

    private static PointSet Points(params Vector3D[] points)
    {
        var set = new PointSet(points.Length);
        set.Set(points);
        return set;
    }

    private static ChemotaxisWorld3D World(Vector3D robot, Vector3D cell, Vector3D[] obstacles, params Vector3D[] biomarkers)
    {
        var world = new ChemotaxisWorld3D(new ChemotaxisOptions());
        world.Place([robot], [cell], obstacles, biomarkers);
        return world;
    }
}
