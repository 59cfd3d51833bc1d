using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

public class GuardTests
{
    [Theory]
    [InlineData(2f)]
    [InlineData(-1f)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void An_action_outside_its_space_is_refused_with_the_valid_ones(float action)
    {
        var environment = Registered("CartPole-v1");
        environment.Reset();
        var error = Assert.Throws<BellmanException>(() => environment.Take(action));
        Assert.Contains("CartPole-v1", error.Message, StringComparison.Ordinal);
        Assert.Contains("Discrete(2)", error.Message, StringComparison.Ordinal);
        environment.Take(1); // Nothing was lost.
    }

    [Fact]
    public void A_rounding_error_beyond_a_bound_is_clipped_and_more_is_refused()
    {
        var environment = Registered("Pendulum-v1");
        environment.Reset();
        environment.Take(2.0005f);
        Assert.Contains("outside [-2, 2]", Assert.Throws<BellmanException>(() => environment.Take(2.1f)).Message, StringComparison.Ordinal);
        Assert.Throws<BellmanException>(() => environment.Take(1, 1));
        Assert.Throws<BellmanException>(() => environment.Take(float.NaN));
    }

    [Fact]
    public void Stepping_before_a_reset_or_after_the_end_is_refused()
    {
        var environment = new GuardedEnvironment(new ScriptedEnvironment(1), "Task-v0");
        Assert.Contains("before a reset", Assert.Throws<BellmanException>(() => environment.Take(0)).Message, StringComparison.Ordinal);
        environment.Reset();
        environment.Take(0);
        Assert.Contains("had ended", Assert.Throws<BellmanException>(() => environment.Take(0)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_observation_that_is_not_finite_names_its_component_and_step(float bad)
    {
        var environment = new GuardedEnvironment(new ScriptedEnvironment([0, 0], [[0, 0], [0, 0], [0, bad]]), "Task-v0");
        environment.Reset();
        environment.Take(0);
        var error = Assert.Throws<BellmanException>(() => environment.Take(0));
        Assert.Contains("step 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("component 1 of 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_component_that_was_not_written_counts_as_not_finite()
    {
        var environment = new GuardedEnvironment(new ScriptedEnvironment([0], [[0], [0]], observationSpace: new Box(-1, 1, 2)), "Task-v0");
        Assert.Contains("not written", Assert.Throws<BellmanException>(() => environment.Reset()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_observation_too_long_for_its_space_says_so()
    {
        var environment = new GuardedEnvironment(new ScriptedEnvironment([0], [[0, 0, 0], [0]], observationSpace: new Box(-1, 1, 2)), "Task-v0");
        Assert.Contains("make the environment's observations and its space agree", Assert.Throws<BellmanException>(() => environment.Reset()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reward_that_is_not_finite_is_refused()
    {
        var environment = new GuardedEnvironment(new ScriptedEnvironment(double.NaN), "Task-v0");
        environment.Reset();
        Assert.Contains("reward NaN at step 1", Assert.Throws<BellmanException>(() => environment.Take(0)).Message, StringComparison.Ordinal);
    }

    private static IEnvironment Registered(string id) => StandardEnvironments.Registry().Make(id);
}
