using System.Text;
using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Language.Remote;
using Bellman.Language.Tokenizers;
using Xunit;

namespace Bellman.Tests.Language.Remote;

/// <summary>A remote server is believed when it answers well, asked again when it does not, and given up with a clear message.</summary>
public sealed class RemoteSamplerTests
{
    private const string Two = """{"choices":[{"index":1,"text":"b","finish_reason":"length","token_ids":[3],"logprobs":{"token_logprobs":[-0.5]}},{"index":0,"text":"a","finish_reason":"stop","token_ids":[2,1],"logprobs":{"token_logprobs":[-0.25,-1]}}]}""";

    private static readonly CharacterTokenizer Tokenizer = new("abc");

    private readonly List<TimeSpan> waits = [];

    [Fact]
    public void A_group_comes_back_in_order_with_ids_and_log_probabilities()
    {
        string? asked = null;
        using var server = new ScriptedServer((_, body) => { asked = body; return ScriptedServer.Json(Two); });
        var group = Sample(server, 2);
        Assert.Equal([2, 1], group[0].Tokens);
        Assert.Equal([-0.25f, -1f], group[0].LogProbabilities);
        Assert.Equal((FinishReason.EndToken, FinishReason.Length), (group[0].Finish, group[1].Finish));
        var request = JsonNode.Parse(asked ?? "");
        Assert.Equal("[2,3]", request?["prompt"]?.ToJsonString());
        Assert.Equal((2, 7, "m"), (request?["n"]?.GetValue<int>(), request?["max_tokens"]?.GetValue<int>(), request?["model"]?.GetValue<string>()));
        Assert.Empty(waits);
    }

    [Fact]
    public void Tokens_named_by_number_are_read_and_bare_text_is_encoded()
    {
        using var numbered = new ScriptedServer((_, _) => ScriptedServer.Json("""{"choices":[{"text":"a","finish_reason":"stop","logprobs":{"tokens":["token_id:2","token_id:1"],"token_logprobs":[-1,-2]}}]}"""));
        Assert.Equal([2, 1], Sample(numbered, 1)[0].Tokens);
        using var bare = new ScriptedServer((_, _) => ScriptedServer.Json("""{"choices":[{"text":"ab","finish_reason":"stop"}]}"""));
        var completion = Sample(bare, 1)[0];
        Assert.Equal([2, 3, 1], completion.Tokens);
        Assert.Empty(completion.LogProbabilities);
    }

    [Theory]
    [InlineData("cut off", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"choices\":[")]
    [InlineData("closed", "")]
    [InlineData("not HTTP", "SSH-2.0-OpenSSH\r\n")]
    [InlineData("not JSON", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")]
    [InlineData("a list", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")]
    [InlineData("overloaded", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("too many", "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    public void A_failure_that_may_pass_is_tried_again_and_nothing_is_counted_twice(string kind, string bytes)
    {
        using var server = new ScriptedServer((number, _) => number < 2 ? Encoding.UTF8.GetBytes(bytes) : ScriptedServer.Json(Two));
        var group = Sample(server, 2);
        Assert.Equal(2, group.Count);
        Assert.Equal(3, server.Requests);
        Assert.Equal(2, waits.Count);
        if (kind == "too many") { Assert.All(waits, wait => Assert.Equal(7, wait.TotalSeconds)); }
    }

    [Theory]
    [InlineData("""{"object":"list"}""")]
    [InlineData("""{"choices":[]}""")]
    [InlineData("""{"choices":[{"index":0,"text":"a","finish_reason":"stop"},{"index":0,"text":"b","finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"index":5,"text":"a","finish_reason":"stop"},{"index":1,"text":"b","finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"text":"a","finish_reason":"stop"},{"text":"b","finish_reason":null}]}""")]
    [InlineData("""{"choices":[{"text":"a","finish_reason":"stop"},{"finish_reason":"stop"}]}""")]
    [InlineData("""{"choices":[{"text":"a","finish_reason":"stop"},{"text":"b","finish_reason":"stop","token_ids":["x"]}]}""")]
    [InlineData("""{"choices":[{"text":"a","finish_reason":"stop"},{"text":"b","finish_reason":"stop","token_ids":[2],"logprobs":{"token_logprobs":[3]}}]}""")]
    [InlineData("""{"choices":[{"text":"a","finish_reason":"stop"},{"text":"b","finish_reason":"stop"},{"text":"c","finish_reason":"stop"}]}""")]
    public void A_group_with_a_bad_response_is_asked_for_again_whole(string nonsense)
    {
        using var server = new ScriptedServer((number, _) => ScriptedServer.Json(number == 0 ? nonsense : Two));
        var group = Sample(server, 2);
        Assert.Equal([2, 1], group[0].Tokens);
        Assert.Equal([3], group[1].Tokens);
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public void A_server_that_answers_once_whatever_is_asked_is_asked_for_each_response()
    {
        var seeds = new HashSet<string>();
        using var server = new ScriptedServer((_, body) =>
        {
            lock (seeds) { seeds.Add(JsonNode.Parse(body)?["seed"]?.ToJsonString() ?? ""); }
            return ScriptedServer.Json("""{"choices":[{"index":0,"text":"a","finish_reason":"stop"}]}""");
        });
        Assert.Equal(3, Sample(server, 3).Count);
        Assert.Equal((4, 4), (server.Requests, seeds.Count));
    }

    [Fact]
    public void A_server_that_hangs_is_given_up_after_the_time_limit()
    {
        using var server = new ScriptedServer((_, _) => null);
        var error = Assert.Throws<BellmanException>(() => Sample(server, 1, new RemoteOptions { TimeoutSeconds = 0.05, Attempts = 3 }));
        Assert.Contains("failed 3 times, at last because there was no answer within 0.05 s", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, error.ExitCode);
    }

    [Fact]
    public void Waits_grow_twofold_with_jitter_from_the_prompts_own_stream()
    {
        using var server = new ScriptedServer((_, _) => ScriptedServer.Json("{}", 500));
        Assert.Throws<BellmanException>(() => Sample(server, 1, new RemoteOptions { Attempts = 6, LongestDelaySeconds = 6 }));
        Assert.Equal(5, waits.Count);
        double[] expected = [0.5, 1, 2, 4, 8];
        for (var i = 0; i < expected.Length; i++) { Assert.InRange(waits[i].TotalSeconds, Math.Min(6, 0.5 * expected[i]), Math.Min(6, 1.5 * expected[i])); }
        var first = waits.ToArray();
        waits.Clear();
        Assert.Throws<BellmanException>(() => Sample(server, 1, new RemoteOptions { Attempts = 6, LongestDelaySeconds = 6 }));
        Assert.Equal(first, waits);
    }

    [Theory]
    [InlineData(400, "Check the address")]
    [InlineData(401, "OPENAI_API_KEY")]
    [InlineData(404, "no such model")]
    public void A_refusal_is_final_and_says_what_the_server_said(int status, string expected)
    {
        using var server = new ScriptedServer((_, _) => ScriptedServer.Json("""{"error":{"message":"no such model"}}""", status));
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Sample(server, 1)).Message, StringComparison.Ordinal);
        Assert.Equal(1, server.Requests);
    }

    [Fact]
    public void A_server_that_is_not_there_is_named()
    {
        Uri address;
        using (var server = new ScriptedServer((_, _) => null)) { address = server.Address; }
        using var http = new HttpClient { BaseAddress = address };
        var sampler = new RemoteSampler(http, "m", Tokenizer, new RemoteOptions { Attempts = 2 }, Wait);
        Assert.Contains(address.ToString(), Assert.Throws<BellmanException>(() => Ask(sampler, 1)).Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<Completion> Sample(ScriptedServer server, int samples, RemoteOptions? options = null)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        return Ask(new RemoteSampler(http, "m", Tokenizer, options, Wait), samples);
    }

    private static IReadOnlyList<Completion> Ask(RemoteSampler sampler, int samples) =>
        sampler.Sample([new SamplingPrompt([2, 3], samples, RandomStream.Create(1))], new SamplingOptions { MaximumNewTokens = 7 }, TestContext.Current.CancellationToken)[0];

    private Task Wait(TimeSpan time, CancellationToken cancellation)
    {
        lock (waits) { waits.Add(time); }
        return Task.CompletedTask;
    }
}
