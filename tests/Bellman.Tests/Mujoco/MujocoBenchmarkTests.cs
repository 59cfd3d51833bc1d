using System.Text.Json.Nodes;
using Bellman.Cli.Benchmarks;
using Bellman.Mujoco;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Mujoco;

/// <summary>What stands beside our stepping does the same work; speed itself is not tested.</summary>
public class MujocoBenchmarkTests
{
    [Theory]
    [InlineData("InvertedPendulum-v0", 3)]
    [InlineData("Hopper-v0", 2)]
    [InlineData("PlanarPeg-v0", 1)]
    public void Loops_of_mj_step_alone_end_in_the_same_states(string id, int copies)
    {
        using var environment = Assert.IsType<MujocoVectorEnvironment>(MujocoRequired.Registry().MakeVector(id, copies));
        var script = MujocoScript.Record(environment, 30);
        var expected = environment.AllPositions();
        using var pointer = MujocoLoop.WithoutCompiler(environment.Model, script);
        using var best = MujocoLoop.Create(environment.Model, script);
        foreach (var loop in (MujocoLoop[])[pointer, best])
        {
            var (seconds, positions) = loop.Run(0.01);
            Assert.Equal(expected, positions);
            Assert.True(seconds > 0);
        }
        // Another pass from the beginning ends there again.
        MujocoScript.Begin(environment);
        for (var step = 0; step < script.Steps; step++)
        {
            script.Actions(step).CopyTo(environment.Actions);
            environment.Step();
        }
        Assert.Equal(expected, environment.AllPositions());
    }

    [Fact]
    public void A_row_stands_beside_the_loop_with_nine_tenths_of_it_as_target()
    {
        MujocoRequired.OrSkip();
        var (exit, output, error) = BellmanCommand.Run("bench", "--quick", "--json", "--filter", "mujoco: Reacher");
        Assert.Equal((0, ""), (exit, error));
        var row = Assert.Single(JsonNode.Parse(output)?["rows"]?.AsArray() ?? []);
        var limit = row?["limit"]?.GetValue<double>() ?? 0;
        Assert.True(limit > 0);
        Assert.Equal(0.9 * limit, row?["target"]?.GetValue<double>() ?? 0, 6);
        Assert.StartsWith("mj_step alone", row?["limitedBy"]?.GetValue<string>(), StringComparison.Ordinal);
    }
}
