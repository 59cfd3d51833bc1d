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

    [Fact]
    public void An_imitator_learns_from_the_policy_of_another_run_and_is_resumed_with_it()
    {
        Assert.Equal(0, BellmanCommand.Run("train", "ppo", "--env", "CartPole-v1", "--steps", "300", "--runs", Runs, "--set", "hidden=8,8").Status);
        string[] train = ["train", "dagger", "--env", "CartPole-v1", "--expert", "latest:last", "--steps", "100", "--checkpoint-every", "50", "--set", "hidden=8", "--set", "updatesPerRound=5", "--set", "batchSize=8", "--runs", Runs];
        var (exit, _, error) = BellmanCommand.Run(train);
        Assert.Equal((0, ""), (exit, error));
        Assert.Equal(0, BellmanCommand.Run("train", "--resume", "latest", "--runs", Runs).Status);
        Assert.Equal(0, BellmanCommand.Run("evaluate", "latest", "--episodes", "2", "--runs", Runs).Status);
        var (refused, _, why) = BellmanCommand.Run("train", "hg-dagger", "--env", "Pendulum-v1", "--expert", "latest", "--steps", "10", "--runs", Runs);
        Assert.Equal(2, refused);
        Assert.Contains("was trained in CartPole-v1", why, StringComparison.Ordinal);
    }

    [Fact]
    public void Expert_and_random_data_are_mixed_weighted_learned_from_and_scored()
    {
        string File(string name) => Path.Combine(folder.Path, name);
        (int, string) Run(params string[] arguments)
        {
            var (exit, output, error) = BellmanCommand.Run(arguments);
            Assert.Equal((0, ""), (exit, error));
            return (exit, output);
        }
        Run("dataset", "make", "--env", "CartBalance-v0", "--part", "expert=1000", "--output", File("expert.hdf5"));
        Run("dataset", "make", "--env", "CartBalance-v0", "--part", "random=1000", "--output", File("random.hdf5"));
        var (_, mixed) = Run("dataset", "mix", "--good", File("expert.hdf5"), "--rest", File("random.hdf5"), "--ratio", "0.25", "--transitions", "2000", "--output", File("mixed.hdf5"));
        Assert.Contains("bellman train iql --env CartBalance-v0", mixed, StringComparison.Ordinal);
        var shown = JsonNode.Parse(BellmanCommand.Run("dataset", "show", File("mixed.hdf5"), "--json").Output);
        Assert.InRange(shown?["transitions"]?.GetValue<int>() ?? 0, 2000, 2200);
        Assert.Equal(200, shown?["expertReturn"]?.GetValue<double>());
        Assert.InRange(shown?["sampling"]?["advantage"]?["meanReturn"]?.GetValue<double>() ?? 0, 190, 200);
        Assert.InRange(shown?["sampling"]?["uniform"]?["meanReturn"]?.GetValue<double>() ?? 0, 40, 110);

        var (_, trained) = Run("train", "bc", "--env", "CartBalance-v0", "--data", File("mixed.hdf5"), "--set", "sampling=advantage", "--set", "hidden=8,8", "--steps", "20", "--evaluate-every", "0", "--runs", Runs);
        Assert.Contains("Episodes are weighted", trained, StringComparison.Ordinal);
        var (_, evaluated) = Run("evaluate", "latest", "--episodes", "4", "--runs", Runs);
        Assert.Matches("normalised score .* 100 is 200, an expert; from the data set", evaluated);

        Run("train", "bc", "--env", "CartBalance-v0", "--data", File("mixed.hdf5"), "--set", "referenceRandom=0", "--set", "referenceExpert=1000", "--set", "hidden=8,8", "--steps", "5", "--evaluate-every", "0", "--runs", Runs);
        var own = JsonNode.Parse(BellmanCommand.Run("evaluate", "latest", "--episodes", "4", "--json", "--runs", Runs).Output);
        Assert.Equal((own?["meanReturn"]?.GetValue<double>() ?? -1) / 10, own?["normalizedScore"]?.GetValue<double>() ?? -2, 1e-9);
    }

    [Fact]
    public void Any_quality_is_recorded_from_an_agent_that_is_trained_for_it()
    {
        var file = Path.Combine(folder.Path, "medium.hdf5");
        var (exit, output, error) = BellmanCommand.Run("dataset", "make", "--env", "MountainCarContinuous-v0", "--part", "mixed=600", "--algorithm", "ddpg", "--train-steps", "400", "--set", "hidden=8,8", "--output", file);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("mixed: training ddpg for 400 steps.", output, StringComparison.Ordinal);
        Assert.Equal(600, DatasetFile.Read(file).Count);
        Assert.NotNull(DatasetFile.ReadReferences(file));
    }

    [Fact]
    public void Actions_outside_the_bounds_are_refused_before_a_run_is_made()
    {
        var file = Path.Combine(folder.Path, "outside.hdf5");
        DatasetFile.Write(file, new OfflineDataset("outside", 3, 1, new float[3], new float[3], [2.5f], new float[1], new bool[1], [new DatasetEpisode(0, 1, 0, false)]), "Pendulum-v1");
        var (exit, _, error) = BellmanCommand.Run("train", "iql", "--env", "Pendulum-v1", "--data", file, "--steps", "10", "--runs", Runs);
        Assert.Equal(2, exit);
        Assert.Contains("has an action outside", error, StringComparison.Ordinal);
        Assert.Contains("at row 0", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Runs) && Directory.EnumerateDirectories(Runs).Any());
    }

    [Theory]
    [InlineData("dataset mix --rest x.hdf5 --ratio 0.1 --output y.hdf5", "--good FILE")]
    [InlineData("dataset mix --good x.hdf5 --ratio 0.1 --output y.hdf5", "--rest FILE")]
    [InlineData("dataset mix --good x.hdf5 --rest x.hdf5 --output y.hdf5", "--ratio 0.05")]
    [InlineData("dataset mix --good x.hdf5 --rest x.hdf5 --ratio 0.1", "--output FILE.hdf5")]
    [InlineData("dataset mix --good x.hdf5 --rest x.hdf5 --ratio 0.1 --output y.hdf5", "x.hdf5 does not exist")]
    public void Wrong_mixture_says_what_to_do(string line, string message)
    {
        var (exit, _, error) = BellmanCommand.Run(line.Split(' '));
        Assert.Equal(2, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataset make --env Pendulum-v1 --output x.hdf5 --part mixed=2", "--part")]
    [InlineData("train dagger --env CartPole-v1 --steps 10", "--expert RUN")]
    [InlineData("train dagger --env CartPole-v1 --steps 10 --expert nowhere", "nowhere")]
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
