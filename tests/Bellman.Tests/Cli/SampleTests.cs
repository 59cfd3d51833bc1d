using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>The samples do what their README says, as programs of their own.</summary>
public sealed class SampleTests
{
    [Fact]
    public void Quick_start_trains_saves_and_loads_the_same_agent()
    {
        using var folder = new TemporaryFolder();
        var output = Run("QuickStart", folder.Path);
        var numbers = output.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => double.TryParse(word, out _)).Select(double.Parse).ToList();
        Assert.Equal(2, numbers.Count);
        // A random policy balances for about 22 steps.
        Assert.True(numbers[0] > 300, output);
        Assert.Equal(numbers[0], numbers[1]);
        Assert.True(File.Exists(Path.Combine(folder.Path, "cartpole-agent", "manifest.json")));
    }

    [Fact]
    public void Custom_environment_is_learned()
    {
        using var folder = new TemporaryFolder();
        var output = Run("CustomEnvironment", folder.Path);
        // Walking right all the time takes 20 steps on average: 1 - 0.01 x 19. A policy that dawdles stays below 0.5.
        var mean = double.Parse(output.Split(' ')[2]);
        Assert.True(mean > 0.7, output);
    }

    /// <summary>A random policy balances for about 22 steps.</summary>
    [Fact]
    public void Custom_network_is_trained()
    {
        using var folder = new TemporaryFolder();
        var output = Run("CustomNetwork", folder.Path);
        Assert.True(double.Parse(output.Split(' ')[2]) > 300, output);
    }

    [Fact]
    public void Warehouse_compares_every_policy_on_the_same_customers()
    {
        using var folder = new TemporaryFolder();
        var readme = Path.Combine(folder.Path, "README.md");
        File.WriteAllText(readme, "before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n");
        var output = Run("WarehouseInventory", folder.Path, "--tiny", "--readme", readme);
        Assert.Equal(5, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("PPO", output, StringComparison.Ordinal);
        Assert.Equal($"before\n<!-- results -->\n{output}<!-- end of results -->\nafter\n", File.ReadAllText(readme));
    }

    [Fact]
    public void Grid_game_is_played_to_its_end()
    {
        using var folder = new TemporaryFolder();
        var output = Run("GridGame", folder.Path, "--tiny");
        Assert.Contains("mean return", output, StringComparison.Ordinal);
        Assert.Contains("#########\n#...#", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Exported_policy_balances_the_pole_without_bellman()
    {
        using var folder = new TemporaryFolder();
        var output = Run("OnnxPolicy", folder.Path);
        Assert.True(double.Parse(output.Split("balanced ")[1].Split(' ')[0]) > 475, output);
        Assert.DoesNotContain("Bellman", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "OnnxPolicy.deps.json")), StringComparison.Ordinal);
    }

    private static string Run(string sample, string folder, params string[] arguments)
    {
        using var process = BellmanCommand.Start(sample, folder, arguments);
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return output;
    }
}
