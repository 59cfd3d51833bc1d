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
}
