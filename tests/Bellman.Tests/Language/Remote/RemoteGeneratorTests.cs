using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Remote;
using Xunit;

namespace Bellman.Tests.Language.Remote;

/// <summary>Answers as text, through the OpenAI client of Microsoft.Extensions.AI.</summary>
public sealed class RemoteGeneratorTests
{
    private const string Good = """{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"four"},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";

    [Fact]
    public void Every_sample_is_answered_and_failures_that_may_pass_are_tried_again()
    {
        using var server = new ScriptedServer((number, _) => number switch
        {
            0 => ScriptedServer.Json("{}", 503),
            1 => System.Text.Encoding.UTF8.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            2 => ScriptedServer.Json("<html>"),
            3 => ScriptedServer.Json("""{"choices":[]}"""),
            _ => ScriptedServer.Json(Good),
        });
        var answers = Generate(server, new RemoteOptions { Concurrency = 1 });
        Assert.Equal(2, answers.Count);
        Assert.All(answers, answer => Assert.Equal(new TextResponse("four", 2, FinishReason.Length), answer));
        Assert.Equal(6, server.Requests);
    }

    [Fact]
    public void A_refusal_is_final()
    {
        using var server = new ScriptedServer((_, _) => ScriptedServer.Json("""{"error":{"message":"unknown model"}}""", 404));
        Assert.Contains("unknown model", Assert.Throws<UsageException>(() => Generate(server, new RemoteOptions { Concurrency = 1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_hangs_is_given_up()
    {
        using var server = new ScriptedServer((_, _) => null);
        Assert.Contains("question 7", Assert.Throws<BellmanException>(() => Generate(server, new RemoteOptions { TimeoutSeconds = 0.05, Attempts = 2 })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("ftp://localhost/v1")]
    public void An_address_that_is_none_is_refused(string address) =>
        Assert.Contains("http://localhost:8000/v1", Assert.Throws<UsageException>(() => RemoteModel.Connect(address, "m")).Message, StringComparison.Ordinal);

    private static IReadOnlyList<TextResponse> Generate(ScriptedServer server, RemoteOptions options)
    {
        using var model = RemoteModel.Connect(server.Address.ToString(), "m", options, "secret");
        var generator = new RemoteGenerator(model.Chat, options, (_, _) => Task.CompletedTask);
        return generator.Generate([new TextRequest("question 7", [new ChatMessage("user", "2+2?")], 2, RandomStream.Create(1))], new SamplingOptions(), TestContext.Current.CancellationToken)[0];
    }
}
