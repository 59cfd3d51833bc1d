using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Language.Tokenizers;
using Bellman.Tests.Cli;
using Bellman.Tests.Language.Data;
using Bellman.Tests.Language.Remote;
using Xunit;

namespace Bellman.Tests.Language.Cli;

/// <summary><c>bellman score</c> from end to end: models, data, tasks, servers, and what it refuses.</summary>
public sealed class ScoreCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_task_is_scored_and_the_answers_are_kept_in_a_run()
    {
        var (status, output, error) = Score("--model", "tiny", "--task", "arithmetic", "--limit", "6", "--samples", "4", "--k", "1,2,4", "--set", "maximumNewTokens=8", "--json");
        Assert.True(status == 0, error);
        var json = JsonNode.Parse(output);
        Assert.Equal(["pass@1", "pass@2", "pass@4", "maj@2", "maj@4", "format"], (json?["metrics"] as JsonArray ?? []).Select(metric => metric?["name"]?.ToString() ?? ""));
        var lines = File.ReadAllLines(json?["responses"]?.ToString() ?? "");
        Assert.Equal(24, lines.Length);
        Assert.All(lines, line => Assert.NotNull(JsonNode.Parse(line)?["response"]));
        Assert.Contains("pass@4", File.ReadAllText(Path.Combine(Path.GetDirectoryName(json?["responses"]?.ToString()) ?? "", "report.md")), StringComparison.Ordinal);
        // The same seed gives the same answers, whatever the batch.
        var (_, again, _) = Score("--model", "tiny", "--task", "arithmetic", "--limit", "6", "--samples", "4", "--k", "1,2,4", "--set", "maximumNewTokens=8", "--batch", "2", "--json");
        Assert.Equal(lines, File.ReadAllLines(JsonNode.Parse(again)?["responses"]?.ToString() ?? ""));
    }

    [Fact]
    public void A_folder_and_a_data_file_give_a_table()
    {
        using (var tiny = LanguageModelFolder.Tiny(new CharacterTokenizer("0123456789+=;"), RandomStream.Create(1))) { tiny.Save(Path.Combine(folder.Path, "small")); }
        var data = Path.Combine(folder.Path, "sums.jsonl");
        File.WriteAllText(data, "{\"q\":\"1+1=\",\"a\":2}\n{\"q\":\"2+2=\",\"a\":4}\n");
        var (status, output, error) = Score("--model", Path.Combine(folder.Path, "small"), "--data", data, "--columns", "prompt=q,answer=a", "--prompt", "{question}", "--set", "maximumNewTokens=4");
        Assert.True(status == 0, error);
        Assert.Contains("pass@1", output, StringComparison.Ordinal);
        Assert.Contains("2 questions", output, StringComparison.Ordinal);
    }

    [Fact]
    public void GSM8K_is_scored_as_it_is()
    {
        var (status, output, error) = Score("--model", "tiny", "--data", SharedData.Require("gsm8k/test.jsonl"), "--limit", "4", "--set", "maximumNewTokens=8", "--json");
        Assert.True(status == 0, error);
        Assert.Equal(4, JsonNode.Parse(output)?["questions"]?.GetValue<int>());
    }

    [Fact]
    public void A_server_is_asked_by_name()
    {
        using var server = new ScriptedServer((_, _) => ScriptedServer.Json("""{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"#### 42"},"finish_reason":"stop"}]}"""));
        var (status, output, error) = Score("--model", "m", "--server", server.Address.ToString(), "--task", "word-problems?style=worded", "--limit", "3", "--json");
        Assert.True(status == 0, error);
        Assert.Equal(3, server.Requests);
        Assert.Equal(1.0, (JsonNode.Parse(output)?["metrics"] as JsonArray ?? []).Single(metric => metric?["name"]?.ToString() == "format")?["value"]?.GetValue<double>());
    }

    [Theory]
    [InlineData("--model")]
    [InlineData("--data FILE or --task", "--model", "tiny")]
    [InlineData("together", "--model", "tiny", "--task", "arithmetic", "--data", "x.jsonl")]
    [InlineData("arithmetic", "--model", "tiny", "--task", "arithmetics")]
    [InlineData("does not exist", "--model", "tiny", "--data", "nowhere.jsonl")]
    [InlineData("from 1 up", "--model", "tiny", "--task", "arithmetic", "--samples", "0")]
    [InlineData("--samples, which is 2", "--model", "tiny", "--task", "arithmetic", "--samples", "2", "--k", "3")]
    [InlineData("temperature", "--model", "tiny", "--task", "arithmetic", "--set", "temprature=1")]
    [InlineData("nowhere", "--model", "nowhere", "--task", "arithmetic")]
    [InlineData("http://localhost:8000/v1", "--model", "m", "--server", "here", "--task", "arithmetic")]
    [InlineData("no place for the question", "--model", "tiny", "--data", "DATA", "--prompt", "Q")]
    [InlineData("line 1 is not JSON", "--model", "tiny", "--data", "DATA")]
    [InlineData("chatml", "--model", "FOLDER", "--task", "arithmetic", "--template", "chatm")]
    [InlineData("neither a model's folder", "--model", "EMPTY", "--task", "arithmetic")]
    public void Wrong_input_is_answered_with_what_is_valid(string expected, params string[] arguments)
    {
        File.WriteAllText(Path.Combine(folder.Path, "bad.jsonl"), "nonsense\n");
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));
        using (var tiny = LanguageModelFolder.Tiny(new CharacterTokenizer("0123456789+-*=;"), RandomStream.Create(1))) { tiny.Save(Path.Combine(folder.Path, "small")); }
        var (status, _, error) = Score([.. arguments.Select(argument => argument switch
        {
            "DATA" => Path.Combine(folder.Path, "bad.jsonl"),
            "FOLDER" => Path.Combine(folder.Path, "small"),
            "EMPTY" => Path.Combine(folder.Path, "empty"),
            _ => argument,
        })]);
        Assert.True(status == 2, $"status {status}, {error}");
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "runs")));
    }

    private (int Status, string Output, string Error) Score(params string[] arguments) => BellmanCommand.Run(["score", .. arguments, "--runs", Path.Combine(folder.Path, "runs")]);
}
