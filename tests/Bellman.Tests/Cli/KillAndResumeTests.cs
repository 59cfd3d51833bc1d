using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>
/// A run that is killed outright and resumed ends with the same bytes as one that was never disturbed. Fails when PPO
/// leaves its optimiser or its memory, DQN its replay stream, Rainbow its priorities or begun windows, the tabular learner
/// its environments, SAC its noise or TD3 its target actor out of the checkpoint.
/// </summary>
public sealed partial class KillAndResumeTests
{
    [Theory]
    [InlineData("ppo", 60_000, "minibatches=8", 5)]
    [InlineData("recurrent-ppo", 30_000, "rolloutSteps=64", 8)]
    [InlineData("dqn", 12_000, "bufferSize=5000", 6)]
    [InlineData("rainbow", 9_000, "hidden=16,16 atoms=11 maximumReturn=100 bufferSize=3000 copies=2", 10)]
    [InlineData("q-learning", 400_000, "gamma=0.9", 7)]
    [InlineData("sac", 9_000, "hidden=16,16 batchSize=32 learningStarts=500 bufferSize=4000 noise=ornsteinUhlenbeck", 8)]
    [InlineData("td3", 12_000, "hidden=16,16 batchSize=32 learningStarts=500 bufferSize=4000 copies=2", 9)]
    public void Killed_and_resumed_run_ends_with_the_same_bytes(string algorithm, int steps, string options, int seed)
    {
        var environment = algorithm switch { "q-learning" => "FrozenLake-v1", "recurrent-ppo" => "CartPoleNoVelocity-v1", "sac" or "td3" => "Pendulum-v1", _ => "CartPole-v1" };
        string[] Train(string runs) =>
        [
            "train", algorithm, "--env", environment, "--steps", $"{steps}", "--seed", $"{seed}", .. options.Split(' ').SelectMany(option => (string[])["--set", option]),
            "--checkpoint-every", $"{steps / 12}", "--evaluate-every", $"{steps / 3}", "--runs", runs,
        ];
        RequireSameEnd(Train, "train", seed);
    }

    // Guards against an optimiser left out of the checkpoint, and an order of examples that begins anew with each resume.
    [Fact]
    public void Killed_and_resumed_fine_tuning_ends_with_the_same_bytes()
    {
        const int seed = 11;
        string[] Train(string runs) =>
        [
            "sft", "--model", "tiny?layers=1&width=32", "--task", "modular", "--steps", "240", "--seed", $"{seed}", "--set", "batchSize=16",
            "--checkpoint-every", "20", "--evaluate-every", "80", "--evaluation-items", "8", "--runs", runs,
        ];
        RequireSameEnd(Train, "sft", seed);
    }

    private static void RequireSameEnd(Func<string, string[]> train, string verb, int seed)
    {
        using var folder = new TemporaryFolder();
        var undisturbed = Path.Combine(folder.Path, "undisturbed");
        Assert.Equal(0, BellmanCommand.Run(train(undisturbed)).Status);

        // Where a kill lands within the work is left to chance on purpose.
        var disturbed = Path.Combine(folder.Path, "disturbed");
        var random = new Random(seed);
        var kills = 0;
        var command = train(disturbed);
        for (var round = 0; round < 4; round++)
        {
            using var process = BellmanCommand.Start(command);
            kills += KillAfterAnotherCheckpoint(process, disturbed, random) ? 1 : 0;
            command = [verb, "--resume", "latest", "--runs", disturbed];
        }
        var (status, _, error) = BellmanCommand.Run(command);
        Assert.True(status == 0, error);
        Assert.True(kills > 0, "The run finished before it could be killed; make it longer.");

        var expected = FinalCheckpoint(undisturbed);
        var actual = FinalCheckpoint(disturbed);
        Assert.Equal(Path.GetFileName(expected), Path.GetFileName(actual));
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "tensors.safetensors")), File.ReadAllBytes(Path.Combine(actual, "tensors.safetensors")));
        Assert.Equal(AgentState(expected), AgentState(actual));
        Assert.Equal(Measurements(undisturbed), Measurements(disturbed));
    }

    private static bool KillAfterAnotherCheckpoint(System.Diagnostics.Process process, string runs, Random random)
    {
        var before = Checkpoints(runs).LastOrDefault();
        while (!process.HasExited && Checkpoints(runs).LastOrDefault() == before) { Thread.Sleep(2); }
        Thread.Sleep(random.Next(60));
        if (process.HasExited) { return false; }
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return true;
    }

    private static string? AgentState(string checkpoint) => JsonNode.Parse(File.ReadAllText(Path.Combine(checkpoint, "state.json")))?["agent"]?.ToJsonString();

    /// <summary>Every line of metrics but for what depends on the clock.</summary>
    private static string[] Measurements(string runs) =>
        [.. File.ReadLines(Directory.EnumerateFiles(runs, "metrics.jsonl", SearchOption.AllDirectories).Single()).Select(line => Clock().Replace(line, ""))];

    [GeneratedRegex(",\"time/[^,}]*")]
    private static partial Regex Clock();

    private static string FinalCheckpoint(string runs) => Checkpoints(runs).Last();

    private static string[] Checkpoints(string runs) => Directory.Exists(runs)
        ? Directory.EnumerateDirectories(runs, "step-*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray()
        : [];
}
