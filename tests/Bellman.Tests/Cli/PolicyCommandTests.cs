using Bellman.Tests.Algorithms.Export;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>What can be done with a trained policy: stop in time, replay, export.</summary>
public sealed class PolicyCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Training_stops_at_the_return_replays_and_exports()
    {
        var (status, output, error) = BellmanCommand.Run("train", "cma-es", "--env", "CartPole-v1", "--steps", "200000", "--evaluate-every", "2500", "--stop-at-return", "400", "--seed", "100", "--runs", folder.Path);
        Assert.True(status == 0, error);
        var steps = int.Parse(output.Split("Finished ")[1].Split(' ')[0]);
        Assert.InRange(steps, 2_500, 150_000);
        (status, output, _) = Run("train", "--resume", "latest");
        Assert.Equal(0, status);
        Assert.Contains($"Finished {steps} steps", output, StringComparison.Ordinal);

        var text = Path.Combine(folder.Path, "replay", "episode.txt");
        Assert.Equal(0, Run("evaluate", "latest", "--episodes", "2", "--render", text).Status);
        var frames = File.ReadAllText(text);
        Assert.StartsWith("step 0, return 0\n", frames, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', frames);
        var gif = Path.Combine(folder.Path, "episode.gif");
        Assert.Equal(0, Run("evaluate", "latest", "--episodes", "2", "--video", gif).Status);
        Assert.Equal("GIF89a"u8, File.ReadAllBytes(gif).AsSpan(0, 6));
        Assert.Contains("step 1, return 1", Run("evaluate", "latest", "--episodes", "2", "--render", "-").Output, StringComparison.Ordinal);

        var model = Path.Combine(folder.Path, "policy.onnx");
        Assert.Equal(0, Run("export", "latest", "--output", model).Status);
        using (var onnx = new OnnxModel(File.ReadAllBytes(model)))
        {
            // A pole that leans and falls to the right is followed, and to the left as well.
            Assert.Equal([1f, 0f], onnx.Run([0, 0, 0.1f, 0.5f, 0, 0, -0.1f, -0.5f], 2)["action"]);
        }
        using var sample = BellmanCommand.Start("OnnxPolicy", folder.Path, model);
        var played = sample.StandardOutput.ReadToEnd();
        Assert.True(double.Parse(played.Split("balanced ")[1].Split(' ')[0]) > 300, played);
    }

    [Fact]
    public void Run_without_a_network_is_not_exported()
    {
        Assert.Equal(0, BellmanCommand.Run("train", "q-learning", "--env", "FrozenLake-v1", "--steps", "500", "--runs", folder.Path).Status);
        var (status, _, error) = Run("export", "latest");
        Assert.Equal(2, status);
        Assert.Contains("q-learning cannot be exported", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("film.mp4", "ffmpeg")]
    [InlineData("picture.bmp", ".gif")]
    public void What_cannot_be_written_is_refused_before_anything_is_played(string target, string expected)
    {
        var (status, _, error) = Run("evaluate", "latest", "--render", target);
        Assert.Equal(2, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--stop-at-return much")]
    [InlineData("--stop-at-return 400 --evaluate-every 0")]
    public void Return_to_stop_at_is_a_number_and_needs_evaluations(string options)
    {
        var (status, _, error) = BellmanCommand.Run([.. "train ppo --env CartPole-v1".Split(' '), .. options.Split(' '), "--runs", folder.Path]);
        Assert.Equal(2, status);
        Assert.Contains("--stop-at-return", error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
    }

    private (int Status, string Output, string Error) Run(params string[] arguments) => BellmanCommand.Run([.. arguments, "--runs", folder.Path]);
}
