using Bellman.Mujoco;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Mujoco;

/// <summary>What the tasks on MuJoCo observe, pay and end with, against numbers that are computed here by other means.</summary>
public class MujocoTaskTests
{
    private readonly EnvironmentRegistry registry = MujocoRequired.Registry();

    [Theory]
    [InlineData("InvertedPendulum-v0", 4, 1, 3, 0.04, 1000)]
    [InlineData("Reacher-v0", 10, 2, 1, 0.02, 50)]
    [InlineData("HalfCheetah-v0", 17, 6, 1, 0.05, 1000)]
    [InlineData("Hopper-v0", 11, 3, 1, 0.008, 1000)]
    [InlineData("Walker2d-v0", 17, 6, 1, 0.008, 1000)]
    [InlineData("PointMaze-v0", 8, 2, 1, 0.02, 300)]
    [InlineData("PlanarPeg-v0", 15, 3, 1, 0.02, 200)]
    public void Spaces_steps_and_limits_are_those_documented(string id, int observations, int actions, float bound, double seconds, int limit)
    {
        var environment = registry.Make(id);
        Assert.Equal(observations, environment.ObservationSpace.Size);
        Assert.Equal(new Box(-bound, bound, actions), environment.ActionSpace);
        Assert.Equal(seconds, environment.Find<MujocoEnvironment>()?.StepSeconds ?? 0, 12);
        Assert.Equal(limit, registry.Find(id).TimeLimit);
    }

    [Fact]
    public void A_pole_tips_as_the_equations_of_a_cart_with_a_pole_say()
    {
        using var pendulum = new InvertedPendulum();
        const double x = 0.1, theta = 0.15, xDot = -0.4, thetaDot = 0.7, force = 30 * 0.5;
        pendulum.SetState([x, theta], [xDot, thetaDot], new float[4]);
        pendulum.Simulation.Controls[0] = 0.5;
        pendulum.Simulation.Advance(1);
        // Cart 5 kg, pole m = 1 kg as a capsule of radius 0.03 and length 0.6: its middle is l = 0.3 from the hinge.
        const double cart = 5, m = 1, l = 0.3, r = 0.03, h = 0.6, dt = 0.02;
        double cylinder = m * h / (h + 4.0 / 3 * r), ball = m - cylinder;
        var inertia = cylinder * (3 * r * r + h * h) / 12 + ball * (2.0 / 5 * r * r + h * h / 4 + 3.0 / 8 * h * r);
        // [M+m, m l cos; m l cos, I + m l^2] + dt diag(damping), which MuJoCo's Euler takes implicitly.
        double a11 = cart + m + dt * 1, a12 = m * l * Math.Cos(theta), a22 = inertia + m * l * l + dt * 0.05;
        var f1 = force - 1 * xDot + m * l * thetaDot * thetaDot * Math.Sin(theta);
        var f2 = -0.05 * thetaDot + m * 9.81 * l * Math.Sin(theta);
        var determinant = a11 * a22 - a12 * a12;
        Play.Near(xDot + dt * (a22 * f1 - a12 * f2) / determinant, pendulum.Simulation.Velocities[0], 1e-9);
        Play.Near(thetaDot + dt * (a11 * f2 - a12 * f1) / determinant, pendulum.Simulation.Velocities[1], 1e-9);
        Assert.Equal(theta + dt * pendulum.Simulation.Velocities[1], pendulum.Simulation.Positions[1], 14);
    }

    [Theory]
    [InlineData(0.15, 1, false)]
    [InlineData(0.21, 0, true)]
    [InlineData(-0.21, 0, true)]
    public void A_pole_beyond_a_fifth_of_a_radian_ends_the_episode_unpaid(double angle, double reward, bool terminated)
    {
        using var pendulum = new InvertedPendulum();
        pendulum.SetState([0, angle], [0, 0], new float[4]);
        Assert.Equal(new StepResult(reward, terminated), pendulum.Take(0).Result);
    }

    [Fact]
    public void Reacher_observes_and_pays_the_distance_that_MuJoCo_computes()
    {
        using var reacher = new Reacher();
        var random = RandomStream.Create(8);
        var observation = reacher.Reset(random);
        for (var step = 0; step < 20; step++)
        {
            float[] action = [0.3f, step % 3 - 1];
            (observation, var result) = reacher.Take(random, action);
            using var shown = new MujocoSimulation(reacher.Simulation.Model);
            shown.Show(reacher.Simulation);
            var places = shown.Read(MujocoLibrary.Api.Layout.BodyPositions, 3 * shown.Model.Counts.Bodies);
            var tip = places.Slice(3 * shown.Model.Body("fingertip"), 3);
            var target = places.Slice(3 * shown.Model.Body("target"), 3);
            Play.Near(tip[0] - target[0], observation[8], 1e-7);
            Play.Near(tip[1] - target[1], observation[9], 1e-7);
            Play.Near(-Math.Sqrt(Math.Pow(tip[0] - target[0], 2) + Math.Pow(tip[1] - target[1], 2)) - action[0] * (double)action[0] - action[1] * (double)action[1], result.Reward, 1e-12);
            Play.Near(target[0], observation[4], 1e-7);
            Assert.False(result.Terminated);
        }
        var (upper, lower) = (reacher.Simulation.Positions[0], reacher.Simulation.Positions[1]);
        Play.Near([Math.Cos(upper), Math.Cos(lower), Math.Sin(upper), Math.Sin(lower)], observation[..4]);
    }

    [Theory]
    [InlineData("Hopper-v0", 1e-3, 1.0)]
    [InlineData("Walker2d-v0", 1e-3, 1.0)]
    [InlineData("HalfCheetah-v0", 0.1, 0.0)]
    [InlineData("Hopper-v0?forwardReward=2&controlCost=0.5&healthyReward=3", 0.5, 3.0, 2.0)]
    public void Running_is_paid_by_the_way_covered_less_the_actions(string id, double cost, double healthy, double forward = 1)
    {
        var environment = registry.Make(id);
        var body = environment.Find<MujocoEnvironment>() ?? throw new InvalidOperationException();
        var random = RandomStream.Create(4);
        environment.Reset(random);
        var action = new float[environment.ActionSpace.Size];
        for (var step = 0; step < 8; step++)
        {
            environment.ActionSpace.Sample(random, action);
            var before = body.Simulation.Positions[0];
            var (observation, result) = environment.Take(random, action);
            var expected = forward * (body.Simulation.Positions[0] - before) / body.StepSeconds - cost * action.Sum(a => (double)a * a) + healthy;
            Play.Near(expected, result.Reward, 1e-9);
            Assert.Equal(body.Simulation.Positions[1..].ToArray().Select(value => (float)value), observation[..(body.Simulation.Positions.Length - 1)]);
        }
    }

    [Fact]
    public void Observed_velocities_are_cut_where_the_field_cuts_them()
    {
        using var hopper = new Hopper();
        var observation = new float[11];
        hopper.SetState([0, 1.25, 0, 0, 0, 0], [3, -20, 0, 40, 0, -11], observation);
        Assert.Equal([1.25f, 0, 0, 0, 0, 3, -10, 0, 10, 0, -10], observation);
        using var cheetah = new HalfCheetah();
        var wide = new float[17];
        cheetah.SetState(new double[9], [30, 0, 0, 0, 0, 0, 0, 0, -25], wide);
        Assert.Equal((30f, -25f), (wide[8], wide[16]));
    }

    [Theory]
    [InlineData(1.25, 0.0, 0.0, true)]
    [InlineData(0.69, 0.0, 0.0, false)]
    [InlineData(1.25, 0.21, 0.0, false)]
    [InlineData(1.25, -0.21, 0.0, false)]
    [InlineData(1.25, 0.0, 101.0, false)]
    public void A_hopper_is_healthy_within_the_bounds_of_the_field(double height, double angle, double speed, bool healthy)
    {
        using var hopper = new Hopper();
        hopper.SetState([0, height, angle, 0, 0, 0], [speed, 0, 0, 0, 0, 0], new float[11]);
        Assert.Equal(healthy, hopper.Healthy);
        // As low as that with a straight leg the floor throws it up within the step.
        if (height < 0.7) { return; }
        Assert.Equal(!healthy, hopper.Take(0, 0, 0).Result.Terminated);
        using var tough = new Hopper(new LeggedOptions { TerminateWhenUnhealthy = false });
        tough.SetState([0, height, angle, 0, 0, 0], [speed, 0, 0, 0, 0, 0], new float[11]);
        Assert.False(tough.Take(0, 0, 0).Result.Terminated);
    }

    [Theory]
    [InlineData(1.25, 0.0, true)]
    [InlineData(0.79, 0.0, false)]
    [InlineData(2.01, 0.0, false)]
    [InlineData(1.25, 1.01, false)]
    public void A_walker_is_healthy_within_the_bounds_of_the_field(double height, double angle, bool healthy)
    {
        using var walker = new Walker2d();
        walker.SetState([0, height, angle, 0, 0, 0, 0, 0, 0], new double[9], new float[17]);
        Assert.Equal(healthy, walker.Healthy);
    }

    [Fact]
    public void A_body_in_the_air_falls_freely()
    {
        foreach (var (body, size) in ((MujocoEnvironment, int)[])[(new Walker2d(), 9), (new HalfCheetah(), 9), (new Hopper(), 6)])
        {
            using var falling = body;
            var positions = new double[size];
            positions[1] = 3;
            falling.SetState(positions, new double[size], new float[falling.ObservationSpace.Size]);
            falling.Simulation.Advance(1);
            // At rest with its springs slack, all parts share the fall.
            Play.Near(-9.81 * falling.Simulation.Model.TimeStep, falling.Simulation.Velocities[1], 1e-9);
        }
    }

    [Theory]
    [InlineData("Hopper-v0?controlCost=-1", "controlCost")]
    [InlineData("PointMaze-v0?reward=rich", "reward")]
    [InlineData("HalfCheetah-v0?healthyReward=1", "healthyReward")]
    [InlineData("Reacher-v0?size=2", "takes no options")]
    public void A_wrong_option_is_named(string id, string says) =>
        Assert.Contains(says, Assert.Throws<UsageException>(() => registry.Make(id)).Message, StringComparison.Ordinal);
}
