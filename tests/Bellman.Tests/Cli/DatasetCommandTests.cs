using System.Text.Json.Nodes;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary><c>bellman dataset</c> and offline training as a user would run them.</summary>
public sealed class DatasetCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Runs => Path.Combine(folder.Path, "runs");

    [Fact]
    public void Data_is_recorded_shown_learned_from_and_a_run_is_resumed_only_with_it()
    {
        var file = Path.Combine(folder.Path, "mixed.hdf5");
        Assert.Equal(0, BellmanCommand.Run("train", "ddpg", "--env", "Pendulum-v1", "--steps", "300", "--runs", Runs, "--set", "hidden=8,8").Status);
        var (exit, output, error) = BellmanCommand.Run("dataset", "make", "--env", "Pendulum-v1", "--part", "random=500", "--part", "latest:last=300", "--output", file, "--runs", Runs);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("800 transitions", output, StringComparison.Ordinal);
        var shown = JsonNode.Parse(BellmanCommand.Run("dataset", "show", file, "--json").Output);
        Assert.Equal(800, shown?["transitions"]?.GetValue<int>());
        Assert.Equal("Pendulum-v1", shown?["environment"]?.GetValue<string>());
        Assert.Equal(0, shown?["terminated"]?.GetValue<int>());

        string[] train = ["train", "iql", "--env", "Pendulum-v1", "--data", file, "--steps", "20", "--checkpoint-every", "10", "--set", "hidden=8,8", "--set", "batchSize=16", "--runs", Runs];
        Assert.Equal(0, BellmanCommand.Run(train).Status);
        Assert.Equal(0, BellmanCommand.Run("evaluate", "latest", "--episodes", "2", "--runs", Runs).Status);
        Assert.Equal(0, BellmanCommand.Run("dataset", "make", "--env", "Pendulum-v1", "--part", "random=800", "--output", file, "--seed", "2").Status);
        var (refused, _, why) = BellmanCommand.Run("train", "--resume", "latest", "--runs", Runs);
        Assert.Equal(2, refused);
        Assert.Contains("another data set", why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataset make --part random=10 --output x.hdf5", "--env")]
    [InlineData("dataset make --env Pendulum-v1 --part random=10", "--output")]
    [InlineData("dataset make --env Pendulum-v1 --output x.hdf5", "--part random=10000")]
    [InlineData("dataset make --env Pendulum-v1 --output x.hdf5 --part random", "how many transitions")]
    [InlineData("dataset make --env Pendulum-v1 --output x.hdf5 --part random=0", "--part")]
    [InlineData("dataset make --env Pendulum-v1 --output x.hdf5 --part nowhere=10", "nowhere")]
    [InlineData("dataset show nowhere.hdf5", "does not exist")]
    [InlineData("train iql --env Pendulum-v1 --steps 10", "--data FILE")]
    [InlineData("train cql --env CartPole-v1 --steps 10 --data nowhere.hdf5", "does not exist")]
    public void Wrong_input_says_what_to_do(string line, string message)
    {
        var (exit, _, error) = BellmanCommand.Run([.. line.Split(' '), .. line.StartsWith("dataset show", StringComparison.Ordinal) ? [] : new[] { "--runs", Runs }]);
        Assert.Equal(2, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.False(File.Exists("x.hdf5"));
    }

    public void Dispose() => folder.Dispose();
}
