using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

public class ClassicControlTests
{
    [Fact] // F65
    public void CartPole_moves_with_the_velocities_from_before_the_step()
    {
        var cartPole = new CartPole().In(("x", 0), ("xDot", 0), ("theta", .05), ("thetaDot", 0));
        var (right, result) = cartPole.Take(1);
        Play.Near([0, .194371, .05, -.276498], right);
        Assert.Equal(new StepResult(1), result);
        Play.Near([.003887, -.001428, .044470, .031527], cartPole.Take(0).Observation);
    }

    [Theory]
    [InlineData(2.39, 1, 0)]
    [InlineData(-2.39, -1, 0)]
    [InlineData(0, 0, .2094)]
    public void CartPole_pays_one_also_for_the_step_that_ends_it(double x, double xDot, double theta)
    {
        var cartPole = new CartPole().In(("x", x), ("xDot", xDot), ("theta", theta), ("thetaDot", theta == 0 ? 0 : .1));
        Assert.Equal(new StepResult(1, Terminated: true), cartPole.Take(1).Result);
    }

    [Fact] // F66
    public void Pendulum_moves_with_the_new_velocity_and_pays_for_the_old_state()
    {
        var pendulum = new Pendulum().In(("theta", 1), ("thetaDot", .5));
        var (observation, result) = pendulum.Take(1.5f);
        Play.Near([Math.Cos(1.067805), Math.Sin(1.067805), 1.356103], observation, 2e-6);
        Play.Near(-1.027250, result.Reward);

        pendulum.In(("theta", 4), ("thetaDot", -7.9));
        (observation, result) = pendulum.Take(-3);
        Play.Near([Math.Cos(3.6), Math.Sin(3.6), -8], observation);
        Play.Near(-11.457935, result.Reward);
    }

    [Fact]
    public void Acrobot_hanging_still_with_a_torque_starts_as_its_equations_say()
    {
        // At rest: d1 = 3.5 + cos 0 = 4.5... with l = m = I = 1, lc = .5: d1 = .25 + (1 + .25 + 1) + 2 = 4.5,
        // d2 = .25 + .5 + 1 = 1.75, gravity terms 0; theta2'' = 1 / (1.25 - 1.75^2 / 4.5) = 1.755..., theta1'' = -d2 theta2'' / d1.
        // Over one short step of .2 s the angles move by about half the acceleration times .04.
        var acceleration2 = 1 / (1.25 - 1.75 * 1.75 / 4.5);
        var acceleration1 = -1.75 * acceleration2 / 4.5;
        var acrobot = new Acrobot().In(("theta1", 0), ("theta2", 0), ("theta1Dot", 0), ("theta2Dot", 0));
        var (observation, result) = acrobot.Take(2);
        Assert.Equal(-1, result.Reward);
        Play.Near(acceleration1 * .2, observation[4], .02);
        Play.Near(acceleration2 * .2, observation[5], .04);
        Play.Near(acceleration1 * .02, observation[1], .002);
        Play.Near(acceleration2 * .02, observation[3], .002);
    }

    [Fact]
    public void Acrobot_follows_a_fine_integration_of_its_equations()
    {
        var expected = FineAcrobot(.7, -.4, 1.2, -2.1, torque: -1);
        var acrobot = new Acrobot().In(("theta1", .7), ("theta2", -.4), ("theta1Dot", 1.2), ("theta2Dot", -2.1));
        var observation = acrobot.Take(0).Observation;
        Play.Near([Math.Cos(expected[0]), Math.Sin(expected[0]), Math.Cos(expected[1]), Math.Sin(expected[1]), expected[2], expected[3]], observation, 2e-3);
    }

    [Fact]
    public void Acrobot_ends_without_cost_when_its_tip_passes_the_line()
    {
        var acrobot = new Acrobot().In(("theta1", Math.PI), ("theta2", 0), ("theta1Dot", 0), ("theta2Dot", 0));
        Assert.Equal(new StepResult(0, Terminated: true), acrobot.Take(1).Result);
    }

    [Fact]
    public void Mountain_car_rolls_by_slope_and_motor()
    {
        // v = .001 - .0025 cos(-1.5);  x = -.5 + v
        var velocity = .001 - .0025 * Math.Cos(-1.5);
        var (observation, result) = new MountainCar().In(("position", -.5), ("velocity", 0)).Take(2);
        Play.Near([-.5 + velocity, velocity], observation, 1e-7);
        Assert.Equal(new StepResult(-1), result);
    }

    [Fact]
    public void Mountain_car_stops_at_the_left_wall_and_ends_at_the_flag()
    {
        Play.Near([-1.2, 0], new MountainCar().In(("position", -1.19), ("velocity", -.07)).Take(0).Observation);
        Assert.Equal(new StepResult(-1, Terminated: true), new MountainCar().In(("position", .49), ("velocity", .05)).Take(2).Result);
    }

    [Fact]
    public void Continuous_mountain_car_pays_a_hundred_at_the_flag_less_the_throttle()
    {
        var car = new MountainCarContinuous();
        var away = car.In(("position", -.5), ("velocity", 0)).Take(.5f);
        Play.Near(-.025, away.Result.Reward);
        Play.Near(.5 * .0015 - .0025 * Math.Cos(-1.5), away.Observation[1], 1e-8);
        var there = car.In(("position", .44), ("velocity", .05)).Take(-1).Result;
        Play.Near(99.9, there.Reward);
        Assert.True(there.Terminated);
    }

    [Theory]
    [InlineData(typeof(CartPole), "theta", double.NaN)]
    [InlineData(typeof(CartPole), "x", 5.0)]
    [InlineData(typeof(Pendulum), "thetaDot", 9.0)]
    [InlineData(typeof(Acrobot), "theta1", 4.0)]
    [InlineData(typeof(MountainCar), "position", 0.7)]
    public void A_state_that_cannot_be_is_refused_by_name(Type type, string name, double value)
    {
        var environment = Assert.IsAssignableFrom<IEnvironment>(Activator.CreateInstance(type));
        environment.Reset();
        var error = Assert.Throws<UsageException>(() => environment.In((name, value)));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    private static double[] FineAcrobot(double a, double b, double aDot, double bDot, double torque)
    {
        // The mass-matrix form M q'' = f of the same double pendulum, in 20,000 midpoint steps.
        const int Steps = 20_000;
        var y = new[] { a, b, aDot, bDot };
        for (var i = 0; i < Steps; i++)
        {
            var middle = Add(y, Slope(y), .1 / Steps);
            y = Add(y, Slope(middle), .2 / Steps);
        }
        return y;

        static double[] Add(double[] y, double[] slope, double time) => y.Zip(slope, (value, change) => value + time * change).ToArray();

        double[] Slope(double[] y)
        {
            var (m11, m12, m22) = (.25 + 1.25 + Math.Cos(y[1]) + 2, .25 + .5 * Math.Cos(y[1]) + 1, 1.25);
            var gravity2 = .5 * 9.8 * Math.Sin(y[0] + y[1]);
            var f1 = .5 * Math.Sin(y[1]) * (y[3] * y[3] + 2 * y[2] * y[3]) - 1.5 * 9.8 * Math.Sin(y[0]) - gravity2;
            var f2 = torque - .5 * Math.Sin(y[1]) * y[2] * y[2] - gravity2;
            var determinant = m11 * m22 - m12 * m12;
            return [y[2], y[3], (m22 * f1 - m12 * f2) / determinant, (m11 * f2 - m12 * f1) / determinant];
        }
    }
}
