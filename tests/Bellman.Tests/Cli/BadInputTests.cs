using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>What a user gets wrong is answered with one paragraph, a status that is not 0, and no stack trace.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("CartPole-v1", "train ppp --env CartPole-v1", "ppo")]
    [InlineData("near id", "train ppo --env CartPol-v1", "CartPole-v1")]
    [InlineData("near option", "train ppo --env CartPole-v1 --set learningrat=1", "learningRate")]
    [InlineData("range", "train ppo --env CartPole-v1 --set gamma=1.5", "from 0 to 1")]
    [InlineData("kind", "train ppo --env CartPole-v1 --set epochs=many", "a whole number")]
    [InlineData("engine", "train ppo --env CartPole-v1 --engine cuda", "torch")]
    [InlineData("engine of a table", "train q-learning --env FrozenLake-v1 --engine simd", "engine")]
    [InlineData("twice", "train ppo --env CartPole-v1 --set epochs=1 --set epochs=2", "twice")]
    [InlineData("together", "train ppo --env CartPole-v1 --set minibatches=7", "divisor")]
    [InlineData("continuous", "train dqn --env Pendulum-v1", "ppo")]
    [InlineData("no table", "train q-learning --env CartPole-v1", "finitely many")]
    [InlineData("no model", "train value-iteration --env CartPole-v1", "FrozenLake-v1")]
    [InlineData("steps", "train ppo --env CartPole-v1 --steps 0", "steps")]
    [InlineData("too many for a count", "train ppo --env CartPole-v1 --evaluation-episodes 4294967297", "from 1 to 2147483647")]
    [InlineData("no environment", "train ppo", "--env")]
    [InlineData("no algorithm", "train", "algorithm")]
    [InlineData("no run", "evaluate nowhere", "nowhere")]
    [InlineData("paper", "reproduce nanorobot", "nanorobots")]
    [InlineData("environment option", "envs show FrozenLake-v1?slipery=false", "slippery")]
    [InlineData("action", "env trace CartPole-v1 --actions 2", "0 to 1")]
    [InlineData("no number", "env trace CartPole-v1 --actions left", "not a number")]
    [InlineData("state", "env trace CartPole-v1 --actions 0 --state {\"y\":0}", "xDot")]
    [InlineData("json", "env trace CartPole-v1 --actions 0 --state {", "JSON")]
    [InlineData("command", "trian", "--help")]
    public void Wrong_input_is_answered_with_what_is_valid(string what, string command, string expected)
    {
        using var folder = new TemporaryFolder();
        var arguments = command.Split(' ').ToList();
        if (arguments[0] is "train" or "evaluate") { arguments.AddRange(["--runs", folder.Path]); }
        var (status, _, error) = BellmanCommand.Run([.. arguments]);
        Assert.True(status == 2, $"{what}: status {status}, {error}");
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
    }

    [Fact]
    public void Malformed_yaml_is_refused_with_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "run.yaml");
        File.WriteAllText(file, "algorithm: ppo\nenvironment: CartPole-v1\noptions:\n  gamma: [0.9\n");
        var (status, _, error) = BellmanCommand.Run("train", "--config", file, "--runs", folder.Path);
        Assert.Equal(2, status);
        Assert.Contains("line", error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("column", error, StringComparison.OrdinalIgnoreCase);
    }
}
