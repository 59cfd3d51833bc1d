using System.Text.Json.Nodes;
using Xunit;

namespace Bellman.Tests.Cli;

public sealed class TrainOptionTests
{
    [Theory]
    [InlineData("simd")]
    [InlineData("torch")]
    public void The_engine_that_was_asked_for_is_the_run_s(string engine)
    {
        using var folder = new TemporaryFolder();
        var (status, _, error) = BellmanCommand.Run(
            "train", "ppo", "--env", "CartPole-v1", "--steps", "256", "--set", "copies=2", "--set", "epochs=1", "--engine", engine, "--evaluate-every", "0", "--runs", folder.Path);
        Assert.True(status == 0, error);
        var run = JsonNode.Parse(File.ReadAllText(Directory.EnumerateFiles(folder.Path, "run.json", SearchOption.AllDirectories).Single()));
        Assert.Contains($"\"engine\":\"{engine}\"", run?.ToJsonString() ?? "", StringComparison.Ordinal);
    }
}
