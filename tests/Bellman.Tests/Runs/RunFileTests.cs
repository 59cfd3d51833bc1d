using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class RunFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void File_gives_the_same_names_and_texts_as_the_command_line()
    {
        var file = Read("""
            algorithm: ppo
            environment: FrozenLake-v1?map=8x8   # with its options
            steps: 1e6
            seed: 18446744073709551615
            options:
              learningRate: 3e-4
              hidden: [64, 64]
              normalise: true
            """);
        Assert.Equal("FrozenLake-v1?map=8x8", file.Values["environment"]);
        Assert.Equal("1e6", file.Values["steps"]);
        Assert.Equal("18446744073709551615", file.Values["seed"]);
        Assert.Equal("3e-4", file.Options["learningRate"]);
        Assert.Equal("64,64", file.Options["hidden"]);
        Assert.Equal("true", file.Options["normalise"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("options:\n")]
    public void Empty_file_gives_nothing(string text)
    {
        var file = Read(text);
        Assert.Empty(file.Values);
        Assert.Empty(file.Options);
    }

    [Theory]
    [InlineData("unclosed list", "algorithm: ppo\noptions:\n  hidden: [64, 64\n", 4, 1, "")]
    [InlineData("tab", "algorithm: ppo\n\tseed: 1\n", 1, 12, "")]
    [InlineData("a list", "- ppo\n- dqn\n", 1, 1, "mapping")]
    [InlineData("twice", "seed: 1\nseed: 2\n", 2, 1, "")]
    [InlineData("a map for a value", "algorithm:\n  name: ppo\n", 2, 3, "a value")]
    [InlineData("options that are none", "seed: 1\noptions: 5\n", 2, 10, "mapping")]
    [InlineData("unknown key", "algorithm: ppo\nenviroment: CartPole-v1\n", 2, 1, "environment")]
    public void Wrong_file_is_refused_with_line_and_column(string what, string text, int line, int column, string expected)
    {
        var error = Assert.Throws<UsageException>(() => Read(text));
        Assert.True(error.Message.Contains($"line {line}, column {column}", StringComparison.Ordinal), $"{what}: {error.Message}");
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_file_is_said() =>
        Assert.Contains("none.yaml", Assert.Throws<UsageException>(() => RunFile.Read(Path.Combine(folder.Path, "none.yaml"))).Message, StringComparison.Ordinal);

    private RunFile Read(string text)
    {
        var path = Path.Combine(folder.Path, "run.yaml");
        File.WriteAllText(path, text);
        return RunFile.Read(path);
    }
}
