using System.Text.Json.Nodes;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>A trained policy can be played by its most likely actions or as it trains.</summary>
public sealed class EvaluateTests
{
    [Fact]
    public void Stochastic_evaluation_draws_the_actions()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, BellmanCommand.Run("train", "a2c", "--env", "CartPole-v1", "--steps", "2000", "--runs", folder.Path).Status);
        JsonNode? Evaluated(params string[] options)
        {
            var (status, output, error) = BellmanCommand.Run(["evaluate", "latest", "--episodes", "5", "--json", "--runs", folder.Path, .. options]);
            Assert.True(status == 0, error);
            return JsonNode.Parse(output);
        }
        var (mode, drawn, again) = (Evaluated(), Evaluated("--stochastic"), Evaluated("--stochastic"));
        Assert.True(mode?["deterministic"]?.GetValue<bool>());
        Assert.False(drawn?["deterministic"]?.GetValue<bool>());
        Assert.NotEqual(mode?["returns"]?.ToJsonString(), drawn?["returns"]?.ToJsonString());
        Assert.Equal(drawn?.ToJsonString(), again?.ToJsonString());
    }

    /// <summary>Fails when evaluation looks for the algorithm among the standard ones alone.</summary>
    [Fact]
    public void A_papers_algorithm_is_evaluated_like_any_other()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "random.hdf5");
        Assert.Equal(0, BellmanCommand.Run("dataset", "make", "--env", "Pendulum-v1", "--part", "random=300", "--output", data, "--runs", folder.Path).Status);
        var (trained, _, refusal) = BellmanCommand.Run(["train", "ravl", "--data", data, "--steps", "2", "--runs", folder.Path,
            "--set", "dynamics=true", "--set", "penalty=none", "--set", "hidden=8,8", "--set", "critics=3", "--set", "rollouts=50", "--set", "batchSize=16"]);
        Assert.True(trained == 0, refusal);
        var (status, output, error) = BellmanCommand.Run("evaluate", "latest", "--episodes", "2", "--runs", folder.Path);
        Assert.True(status == 0, error);
        Assert.Contains("ravl", output, StringComparison.Ordinal);
    }
}
