using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Bellman.Cli;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Language.Cli;

/// <summary><c>bellman chat</c>, <c>bellman serve</c> and <c>bellman tasks</c> as a user runs them.</summary>
public sealed class TalkingCommandTests
{
    [Fact]
    public async Task Serve_answers_until_it_is_interrupted_and_then_stops_cleanly()
    {
        using var interrupt = new CancellationTokenSource();
        var (output, error) = (new Announcements(), new StringWriter());
        var serving = Task.Run(() => CommandLine.Run(["serve", "tiny", "--port", "0"], output, error, interrupt.Token), TestContext.Current.CancellationToken);
        var address = (await output.First.WaitAsync(TestContext.Current.CancellationToken)).Split(' ').Single(word => word.StartsWith("http", StringComparison.Ordinal));
        using var http = new HttpClient();
        Assert.Contains("tiny", await http.GetStringAsync(address + "/models", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await interrupt.CancelAsync();
        Assert.Equal(0, await serving);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(address + "/models", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Chat_reads_messages_from_a_pipe_and_leaves_at_its_end()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Bellman.Cli.dll"), "chat", "tiny", "--set", "maximumNewTokens=4" }) { start.ArgumentList.Add(argument); }
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        await process.StandardInput.WriteAsync("Hello\nAgain\n");
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.True(output.Count(character => character == '\n') >= 2, output);
    }

    [Theory]
    [InlineData("chat nowhere", "nowhere")]
    [InlineData("chat tiny --set temperature=hot", "temperature")]
    [InlineData("chat tiny --device tpu", "'tpu' is not known")]
    [InlineData("serve tiny --precision half", "'precision'")]
    [InlineData("serve tiny --port 99999", "port")]
    [InlineData("serve tiny --host nowhere", "--host")]
    [InlineData("serve tiny --queue 0", "maximumQueue")]
    [InlineData("tasks show arithmetik", "arithmetic")]
    public void Wrong_input_is_answered_with_what_is_valid(string command, string expected)
    {
        var (status, _, error) = BellmanCommand.Run(command.Split(' '));
        Assert.Equal(2, status);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Tasks_are_listed_and_shown_with_an_example()
    {
        var (status, output, _) = BellmanCommand.Run("tasks", "--json");
        Assert.Equal((0, 9), (status, (JsonNode.Parse(output) as JsonArray)?.Count));
        Assert.Contains("digits", BellmanCommand.Run("tasks", "show", "arithmetic?level=2").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_is_trained_from_files_and_shows_its_tokens()
    {
        using var folder = new TemporaryFolder();
        string Place(string name) => Path.Combine(folder.Path, name);
        File.WriteAllText(Place("a.txt"), string.Concat(Enumerable.Repeat("hello world\n", 20)));
        File.WriteAllText(Place("b.jsonl"), "{\"text\":\"hello again\",\"number\":1}\n");
        var (status, output, error) = BellmanCommand.Run("tokenizer", "train", Place("a.txt"), Place("b.jsonl"), "--size", "300", "--output", Place("t"));
        Assert.True(status == 0, error);
        Assert.Contains("266 tokens", output, StringComparison.Ordinal);
        Assert.Contains("4 tokens of 266", BellmanCommand.Run("tokenizer", "show", Place("t"), "hello hello<|endoftext|>", "--special").Output, StringComparison.Ordinal);
        Assert.Contains("'nothing'", BellmanCommand.Run("tokenizer", "train", Place("b.jsonl"), "--column", "nothing", "--output", Place("u")).Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", BellmanCommand.Run("tokenizer", "train", Place("c.txt"), "--output", Place("u")).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Place("u")));
    }

    /// <summary>Lets a test wait for the first line that a command prints.</summary>
    private sealed class Announcements : StringWriter
    {
        private readonly TaskCompletionSource<string> first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> First => first.Task;

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            first.TrySetResult(value ?? "");
        }
    }
}
