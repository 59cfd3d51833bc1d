using System.ClientModel;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Bellman.Cli.Serving;
using Bellman.Language;
using Bellman.Language.Remote;
using Bellman.Language.Tokenizers;
using Microsoft.Extensions.AI;
using OpenAI;
using Xunit;

namespace Bellman.Tests.Language.Cli;

/// <summary>The server answers the official OpenAI client and our own remote sampler, and refuses what it must.</summary>
public sealed class ModelServerTests : IAsyncLifetime
{
    private readonly LanguageModelFolder model = LanguageModelFolder.Tiny(new CharacterTokenizer("0123456789+=;"), RandomStream.Create(5));
    private ModelServer? server;

    private ModelServer Server => server ?? throw new InvalidOperationException("The server was not started.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ModelServer.Start(model, new ServerOptions { Port = 0, Key = "secret", MaximumRequestBytes = 20_000, MaximumNewTokens = 64 });

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        model.Dispose();
    }

    [Fact]
    public async Task The_official_client_gets_an_answer_and_the_same_one_streamed()
    {
        using var chat = OfficialClient("secret");
        var options = new ChatOptions { MaxOutputTokens = 24, Seed = 7, Temperature = 1 };
        var whole = await chat.GetResponseAsync("1+2=", options, Cancellation);
        Assert.InRange(whole.Usage?.OutputTokenCount ?? 0, 1, 24);
        Assert.Contains(whole.FinishReason, new ChatFinishReason?[] { ChatFinishReason.Length, ChatFinishReason.Stop });
        var streamed = new StringBuilder();
        var parts = 0;
        await foreach (var update in chat.GetStreamingResponseAsync("1+2=", options, Cancellation))
        {
            streamed.Append(update.Text);
            parts += update.Text.Length > 0 ? 1 : 0;
        }
        Assert.Equal(whole.Text, streamed.ToString());
        Assert.True(parts > 1 || whole.Text.Length <= 1, $"{parts} parts");
        // The same prompt, drawn here.
        var here = new LocalSampler(model.Model, model.Tokenizer).Sample(
            [new SamplingPrompt(model.Tokenizer.Encode("1+2="), 1, RandomStream.Create(7, "request").Child("prompt"))], new SamplingOptions { MaximumNewTokens = 24, StopTokens = [.. model.EndTokens] }, Cancellation)[0][0];
        Assert.Equal(model.Tokenizer.Decode(here.Tokens), whole.Text);
    }

    [Fact]
    public async Task A_wrong_key_is_refused()
    {
        using var chat = OfficialClient("guess");
        Assert.Equal(401, (await Assert.ThrowsAsync<ClientResultException>(() => chat.GetResponseAsync("1+2=", null, Cancellation))).Status);
    }

    [Fact]
    public void Our_remote_sampler_gets_the_tokens_and_log_probabilities_of_the_model()
    {
        using var remote = RemoteModel.Connect(Server.Address + "v1", "tiny", new RemoteOptions(), "secret");
        var prompts = new[] { "1+2=", "9+9=", "5=" }.Select((text, index) => new SamplingPrompt(model.Tokenizer.Encode(text), 2, RandomStream.Create((ulong)index))).ToList();
        var options = new SamplingOptions { MaximumNewTokens = 16, Temperature = 0.7 };
        var groups = remote.Sampler(model.Tokenizer).Sample(prompts, options, Cancellation);
        foreach (var (prompt, completion) in prompts.Zip(groups).SelectMany(pair => pair.Second.Select(completion => (pair.First, completion))))
        {
            int[] row = [.. prompt.Tokens, .. completion.Tokens];
            using var scope = TorchSharp.torch.NewDisposeScope();
            var batch = new TokenBatch([row], [[.. row.Select((_, index) => index >= prompt.Tokens.Length)]]);
            var scores = model.Model.Score(batch, options.Temperature).LogProbabilities.data<float>().ToArray();
            Assert.Equal(completion.Tokens.Length, completion.LogProbabilities.Length);
            for (var i = 0; i < completion.Tokens.Length; i++) { Assert.Equal(scores[prompt.Tokens.Length + i], completion.LogProbabilities[i], 1e-4f); }
        }
    }

    [Fact]
    public async Task Completions_have_log_probabilities_ids_and_stop_texts()
    {
        var (status, answer) = await Post("completions", """{"model":"tiny","prompt":["1+","2+"],"n":2,"max_tokens":40,"logprobs":1,"return_token_ids":true,"seed":3,"stop":["7","99"]}""");
        Assert.Equal(200, status);
        var choices = answer["choices"] as JsonArray ?? [];
        Assert.Equal([0, 1, 2, 3], choices.Select(choice => choice?["index"]?.GetValue<int>() ?? -1));
        foreach (var choice in choices)
        {
            var ids = (choice?["token_ids"] as JsonArray ?? []).Select(id => id?.GetValue<int>() ?? -1).ToArray();
            Assert.Equal(ids.Length, (choice?["logprobs"]?["token_logprobs"] as JsonArray)?.Count);
            var text = model.Tokenizer.Decode(ids);
            Assert.DoesNotContain("7", choice?["text"]?.ToString() ?? "", StringComparison.Ordinal);
            Assert.StartsWith(choice?["text"]?.ToString() ?? "?", text, StringComparison.Ordinal);
        }
        Assert.Equal(4, answer["usage"]?["prompt_tokens"]?.GetValue<int>());
    }

    [Theory]
    [InlineData("completions", "nonsense", 400, "not valid JSON")]
    [InlineData("completions", "[]", 400, "JSON object")]
    [InlineData("completions", "{}", 400, "'prompt' is missing")]
    [InlineData("completions", """{"prompt":""}""", 400, "empty")]
    [InlineData("completions", """{"prompt":"abc"}""", 400, "U+0061")]
    [InlineData("completions", """{"prompt":[999]}""", 400, "ids are 0 to")]
    [InlineData("completions", """{"prompt":[[1],["x"]]}""", 400, "token ids")]
    [InlineData("completions", """{"prompt":"1","model":"gpt-4"}""", 404, "'tiny' is")]
    [InlineData("completions", """{"prompt":"1","max_tokens":100000}""", 400, "from 1 to 64")]
    [InlineData("completions", """{"prompt":"1","n":0}""", 400, "'n'")]
    [InlineData("completions", """{"prompt":"1","temperature":-1}""", 400, "'temperature'")]
    [InlineData("completions", """{"prompt":"1","temperature":"hot"}""", 400, "'temperature'")]
    [InlineData("completions", """{"prompt":"1","stop":[1]}""", 400, "'stop'")]
    [InlineData("completions", """{"prompt":"1","logprobs":5}""", 400, "'logprobs'")]
    [InlineData("completions", """{"prompt":"1","echo":true}""", 400, "'echo' is not supported")]
    [InlineData("completions", """{"prompt":"1","stream":"yes"}""", 400, "'stream'")]
    [InlineData("chat/completions", """{"messages":[]}""", 400, "'messages'")]
    [InlineData("chat/completions", """{"messages":[{"role":"robot","content":"1"}]}""", 400, "'robot'")]
    [InlineData("chat/completions", """{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", 400, "Only text")]
    [InlineData("chat/completions", """{"messages":[{"role":"user","content":"1"}],"tools":[{}]}""", 400, "'tools' is not supported")]
    [InlineData("chat/completions", """{"messages":[{"role":"user","content":"1"}],"response_format":{"type":"json_object"}}""", 400, "'response_format'")]
    [InlineData("embeddings", "{}", 404, "/v1/completions")]
    public async Task A_request_that_cannot_be_answered_is_refused_clearly(string path, string body, int expected, string message)
    {
        var (status, answer) = await Post(path, body);
        Assert.Equal(expected, status);
        Assert.Contains(message, answer["error"]?["message"]?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_is_too_large_or_too_long_is_refused()
    {
        Assert.Equal(413, (await Post("completions", $$"""{"prompt":"{{new string('1', 30_000)}}"}""")).Status);
        var (status, answer) = await Post("completions", $$"""{"prompt":"{{new string('1', 5000)}}"}""");
        Assert.Equal(400, status);
        Assert.Contains("5000 tokens", answer["error"]?["message"]?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_comes_through_another_name_is_refused()
    {
        using var http = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "models");
        request.Headers.Host = "evil.example";
        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(request, Cancellation)).StatusCode);
        Assert.Contains("tiny", await http.GetStringAsync("models", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_at_once_are_all_answered_as_they_would_be_alone()
    {
        string Body(int number) => $$"""{"prompt":"{{number}}+1=","max_tokens":20,"seed":{{number}}}""";
        var together = await Task.WhenAll(Enumerable.Range(0, 12).Select(number => Post("completions", Body(number))));
        for (var number = 0; number < together.Length; number++)
        {
            Assert.Equal(200, together[number].Status);
            var alone = await Post("completions", Body(number));
            Assert.Equal(alone.Answer["choices"]?[0]?["text"]?.ToString(), together[number].Answer["choices"]?[0]?["text"]?.ToString());
        }
    }

    [Fact]
    public async Task A_full_queue_says_come_back_later_and_stopping_answers_those_that_wait()
    {
        var sampler = new Gate(new LocalSampler(model.Model, model.Tokenizer));
        await using var small = await ModelServer.Start(model, new ServerOptions { Port = 0, MaximumQueue = 1, MaximumBatch = 1 }, sampler);
        using var http = new HttpClient { BaseAddress = new Uri(small.Address, "v1/") };
        Task<HttpResponseMessage> Ask() => http.PostAsync("completions", new StringContent("""{"prompt":"1+1="}""", Encoding.UTF8, "application/json"), Cancellation);
        var first = Ask();
        await sampler.Entered.WaitAsync(Cancellation);
        // One is in hand and one may wait; of two more, one is refused.
        var others = new List<Task<HttpResponseMessage>> { Ask(), Ask() };
        var refused = await await Task.WhenAny(others);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        var stopping = small.Stop();
        sampler.Open();
        await stopping;
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.Contains(HttpStatusCode.OK, (await Task.WhenAll(others)).Select(response => response.StatusCode));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_refused_with_what_to_do() => Assert.Contains("--port",
        (await Assert.ThrowsAsync<UsageException>(() => ModelServer.Start(model, new ServerOptions { Port = Server.Address.Port }))).Message, StringComparison.Ordinal);

    private IChatClient OfficialClient(string key) =>
        new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(Server.Address, "v1") }).GetChatClient("tiny").AsIChatClient();

    private HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = new Uri(Server.Address, "v1/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        return http;
    }

    private async Task<(int Status, JsonNode Answer)> Post(string path, string body)
    {
        using var http = Client();
        using var response = await http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), Cancellation);
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation)) ?? new JsonObject());
    }

    /// <summary>Holds every call back until it is opened.</summary>
    private sealed class Gate(IStreamingSampler sampler) : IStreamingSampler
    {
        private readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => entered.Task;

        public void Open() => opened.SetResult();

        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, Action<SampledToken> drawn, CancellationToken cancellation = default)
        {
            entered.TrySetResult();
            opened.Task.Wait(cancellation);
            return sampler.Sample(prompts, options, drawn, cancellation);
        }

        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default) => sampler.Sample(prompts, options, cancellation);
    }
}
