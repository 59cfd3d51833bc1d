using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

public class RegistryTests
{
    private readonly EnvironmentRegistry registry = StandardEnvironments.Registry();

    [Theory]
    [InlineData("CartPole-v1", 500, 475.0)]
    [InlineData("Pendulum-v1", 200, null)]
    [InlineData("Acrobot-v1", 500, -100.0)]
    [InlineData("MountainCar-v0", 200, -110.0)]
    [InlineData("MountainCarContinuous-v0", 999, 90.0)]
    [InlineData("FrozenLake-v1", 100, 0.70)]
    [InlineData("FrozenLake8x8-v1", 200, 0.85)]
    [InlineData("CliffWalking-v1", null, null)]
    [InlineData("Taxi-v3", 200, 8.0)]
    [InlineData("Blackjack-v1", null, null)]
    public void Time_limits_and_solved_returns_are_those_of_Gymnasium(string id, int? limit, double? solved)
    {
        var registration = registry.Find(id);
        Assert.Equal((limit, solved), (registration.TimeLimit, registration.SolvedReturn));
        Assert.NotEmpty(registration.Summary);
    }

    [Theory]
    [InlineData("CartPole-v0", "CartPole-v1")]
    [InlineData("cartpol-v1", "CartPole-v1")]
    [InlineData("FrozenLake", "FrozenLake-v1")]
    [InlineData("Taxi-v4", "Taxi-v3")]
    public void An_unknown_id_names_the_nearest(string id, string nearest)
    {
        var error = Assert.Throws<UsageException>(() => registry.Make(id));
        Assert.Contains($"'{id}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(nearest, error.Message, StringComparison.Ordinal);
        Assert.Contains("bellman envs", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FrozenLake-v1?slipery=false", "slippery")]
    [InlineData("FrozenLake-v1?slippery=maybe", "true or false")]
    [InlineData("FrozenLake-v1?successRate=2", "from 0 to 1")]
    [InlineData("FrozenLake-v1?map=9x9", "not a map")]
    [InlineData("FrozenLake-v1?map", "name=value")]
    [InlineData("DeepSea-v0?size=1", "from 2 to 200")]
    [InlineData("DeepSea-v0?size=5&size=6", "given twice")]
    [InlineData("BernoulliBandit-v0?means=0.5,1.5", "probability")]
    [InlineData("CartPole-v1?gravity=3", "takes no options")]
    public void A_wrong_option_says_what_is_valid(string id, string says) =>
        Assert.Contains(says, Assert.Throws<UsageException>(() => registry.Make(id)).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_after_the_id_reach_the_environment()
    {
        Assert.Equal(new Discrete(64), registry.Make("FrozenLake-v1?map=8x8&slippery=false").ObservationSpace);
        Assert.Equal(new Discrete(6), registry.Make("FrozenLake-v1?map=SFF/FHG").ObservationSpace);
        Assert.Equal(new Discrete(3), registry.Make("GaussianBandit-v0?means=1,2,3").ActionSpace);
        Assert.Equal(49, registry.Make("deepsea-v0?size=7").ObservationSpace.Size);
    }

    [Fact]
    public void A_users_environment_registers_in_one_line_and_only_once()
    {
        registry.Register("Mine-v0", () => new ScriptedEnvironment(1, 1), timeLimit: 5);
        Assert.NotNull(registry.Make("mine-v0").Find<ScriptedEnvironment>());
        Assert.Throws<ArgumentException>(() => registry.Register("Mine-v0", () => new ScriptedEnvironment(1)));
        Assert.Throws<ArgumentException>(() => registry.Register("my task", () => new ScriptedEnvironment(1)));
    }
}
