using System.Net;
using Bellman.Cli.Serving;
using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Remote;
using Bellman.Language.Tokenizers;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Language.Remote;

/// <summary>
/// A recipe whose responses a server draws, on the loopback interface: the weights follow the policy, failures cost nothing, and what is
/// learned is what is learned without a server.
/// </summary>
[Collection("torch alone")]
public sealed class RemoteTrainingTests : IAsyncLifetime
{
    private const int Steps = 12;

    private readonly TemporaryFolder folder = new();
    private readonly LanguageModelFolder first = Model(99);
    private ModelServer? server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ModelServer Server => server ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync() => server = await Start(0);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        first.Dispose();
        folder.Dispose();
    }

    /// <summary>Fails when every second version of the weights is kept from the server.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Recipe_learns_the_same_curve_through_a_server(int seed)
    {
        using var here = Model((ulong)seed);
        var local = Train(here, new LocalSampler(here.Model, here.Tokenizer), (ulong)seed);
        Assert.True(local.Rewards[^1] > local.Rewards[0] + 1, $"{local.Rewards[0]} to {local.Rewards[^1]}");

        using var there = Model((ulong)seed);
        using var remote = RemoteModel.Find(Server.Address.ToString(), cancellation: Cancellation);
        using var sampler = remote.Following(there, Path.Combine(folder.Path, "weights"));
        var distant = Train(there, sampler, (ulong)seed);
        Assert.Equal(local.Rewards, distant.Rewards);
        Assert.Equal(local.Entropies, distant.Entropies);
        Assert.Equal(local.State, distant.State);
        // Old versions are not kept.
        Assert.Single(Directory.EnumerateDirectories(Path.Combine(folder.Path, "weights")));
    }

    /// <summary>Every third answer is cut off, comes without its last response, or not at all; for a while every one fails.</summary>
    [Fact]
    public void Failures_on_the_way_lose_nothing_and_count_nothing_twice()
    {
        using var here = Model(4);
        var undisturbed = Train(here, new LocalSampler(here.Model, here.Tokenizer), 4);
        using var there = Model(4);
        using var failing = new Failing();
        using var remote = RemoteModel.Find(Server.Address.ToString(), null, new RemoteOptions { Attempts = 3, Concurrency = 2 }, null, failing, Cancellation);
        using var sampler = remote.Following(there, Path.Combine(folder.Path, "weights"), (_, _) => Task.CompletedTask);
        failing.Begin();
        var disturbed = Train(there, sampler, 4);
        Assert.True(failing.Failures > 20, $"{failing.Failures} failures");
        Assert.True(disturbed.Failures > 0, "no call to the sampler failed as a whole");
        Assert.Equal(undisturbed.Rewards, disturbed.Rewards);
        Assert.Equal(undisturbed.State, disturbed.State);
    }

    [Fact]
    public async Task Server_that_is_started_anew_is_handed_the_weights_again()
    {
        using var here = Model(5);
        var undisturbed = Train(here, new LocalSampler(here.Model, here.Tokenizer), 5);
        using var there = Model(5);
        using var remote = RemoteModel.Find(Server.Address.ToString(), null, new RemoteOptions { FirstDelaySeconds = 0 }, null, null, Cancellation);
        using var sampler = remote.Following(there, Path.Combine(folder.Path, "weights"));
        var port = Server.Address.Port;
        var restarts = new Restarting(sampler, async () =>
        {
            await Server.DisposeAsync();
            server = await Start(port);
        });
        var disturbed = await Task.Run(() => Train(there, restarts, 5), Cancellation);
        Assert.Equal(2, restarts.Count);
        Assert.Equal(undisturbed.State, disturbed.State);
    }

    [Fact]
    public async Task Server_loads_only_what_it_may_and_keeps_what_it_has_when_that_is_damaged()
    {
        using var policy = Model(6);
        using var remote = RemoteModel.Find(Server.Address.ToString(), null, new RemoteOptions { Attempts = 1 }, null, null, Cancellation);
        using var elsewhere = new TemporaryFolder();
        using var outside = remote.Following(policy, Path.Combine(elsewhere.Path, "weights"));
        Assert.Contains("--updates FOLDER", Assert.Throws<UsageException>(() => outside.Follow(0, Cancellation)).Message, StringComparison.Ordinal);
        using var climbing = remote.Following(policy, Path.Combine(folder.Path, "..", Path.GetFileName(elsewhere.Path)));
        Assert.Contains("from below", Assert.Throws<UsageException>(() => climbing.Follow(0, Cancellation)).Message, StringComparison.Ordinal);

        var damaged = Path.Combine(folder.Path, "damaged");
        policy.Save(damaged);
        File.Delete(Path.Combine(damaged, "config.json"));
        using var http = new HttpClient { BaseAddress = Server.Address };
        async Task<(HttpStatusCode, string)> Update(string body)
        {
            using var answer = await http.PostAsync("update_weights_from_disk", new StringContent(body), Cancellation);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
        }
        var (status, text) = await Update($$"""{"model_path":"{{damaged}}"}""");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("config.json", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await Update("{}")).Item1);
        Assert.Contains("\"default\"", await http.GetStringAsync("v1/models", Cancellation), StringComparison.Ordinal);

        await using var closed = await ModelServer.Start(first, new ServerOptions { Port = 0 });
        using var fixedWeights = RemoteModel.Find(closed.Address.ToString(), null, new RemoteOptions { Attempts = 1 }, null, null, Cancellation);
        using var refused = fixedWeights.Following(policy, Path.Combine(folder.Path, "refused"));
        Assert.Contains("keeps its weights", Assert.Throws<UsageException>(() => refused.Follow(0, Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Server_without_the_model_or_with_several_is_told_apart()
    {
        using var two = new ScriptedServer((_, _) => ScriptedServer.Json("""{"data":[{"id":"large"},{"id":"small"}]}"""));
        Assert.Contains("large, small", Assert.Throws<UsageException>(() => RemoteModel.Find(two.Address.ToString(), cancellation: Cancellation)).Message, StringComparison.Ordinal);
        Assert.Contains("large, small", Assert.Throws<UsageException>(() => RemoteModel.Find(two.Address.ToString(), "middle", cancellation: Cancellation)).Message, StringComparison.Ordinal);
        using var found = RemoteModel.Find(two.Address.ToString(), "small", cancellation: Cancellation);
        Assert.False(found.IsBellman);
    }

    private Task<ModelServer> Start(int port) => ModelServer.Start(first, new ServerOptions { Port = port, Updates = folder.Path, MaximumBatch = 16 });

    private static LanguageModelFolder Model(ulong seed)
    {
        var tokenizer = new CharacterTokenizer("0123456789");
        var shape = new TransformerConfiguration { VocabularySize = tokenizer.VocabularySize, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 2, ContextLength = 16, EndTokens = tokenizer.EndTokens, InitialDeviation = 0.3 };
        return new LanguageModelFolder("tiny", Transformer.Create(shape, RandomStream.Create(seed), new TransformerOptions { Threads = 1 }), tokenizer, ChatTemplate.Named("plain"));
    }

    private static Curve Train(LanguageModelFolder model, ISampler sampler, ulong seed)
    {
        PromptItem[] prompts = [.. Enumerable.Range(0, 6).Select(digit => new PromptItem($"{digit}", model.Tokenizer.Encode($"{digit}")))];
        using var trainer = new PostTraining(model.Model)
            .Prompts(prompts)
            .Tokenizer(model.Tokenizer)
            .Sampler(sampler)
            .Reward(new FunctionReward("threes", rollout => rollout.Text.Count(letter => letter == '3')))
            .Seed(seed)
            .Options(options => options with { PromptsPerStep = 4, GroupSize = 8, MaximumNewTokens = 6, LearningRate = 1e-2 })
            .Method("grpo+entropy")
            .Build();
        trainer.Cancellation = Cancellation;
        var curve = new Curve([], []);
        for (var i = 0; i < Steps; i++)
        {
            var metrics = new Recorded();
            trainer.Advance(metrics);
            curve.Rewards.Add(metrics.Last["reward/mean"]);
            curve.Entropies.Add(metrics.Last["policy/entropy"]);
            curve.Failures += metrics.Last.GetValueOrDefault("sampler/failures");
        }
        curve.State = JsonState.Save(trainer).ToJsonString();
        return curve;
    }

    private sealed record Curve(List<double> Rewards, List<double> Entropies)
    {
        public string State { get; set; } = "";

        public double Failures { get; set; }
    }

    /// <summary>Answers that go wrong on their way back.</summary>
    private sealed class Failing() : DelegatingHandler(new HttpClientHandler())
    {
        private int requests;
        private bool begun;

        public int Failures { get; private set; }

        public void Begin() => begun = true;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref requests);
            var response = await base.SendAsync(request, cancellationToken);
            // Some stretches fail altogether: a call to the sampler then fails as a whole.
            if (!begun || request.RequestUri?.AbsolutePath != "/v1/completions" || number % 40 >= 7 && number % 3 != 0) { return response; }
            Failures++;
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            switch (number % 4)
            {
                case 0: throw new HttpRequestException("The connection was closed.");
                case 1: response.Content = new StringContent(text[..(text.Length / 2)]); return response;
                case 2: return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
                default:
                    var answer = System.Text.Json.Nodes.JsonNode.Parse(text) as System.Text.Json.Nodes.JsonObject ?? [];
                    (answer["choices"] as System.Text.Json.Nodes.JsonArray)?.RemoveAt(7);
                    response.Content = new StringContent(answer.ToJsonString());
                    return response;
            }
        }
    }

    /// <summary>Starts the server anew between the handing over and the sampling, and again in the middle of the training.</summary>
    private sealed class Restarting(IFollowingSampler sampler, Func<Task> restart) : IFollowingSampler
    {
        private int calls;

        public int Count { get; private set; }

        public void Follow(long version, CancellationToken cancellation = default) => sampler.Follow(version, cancellation);

        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default)
        {
            if (calls++ is 1 or 7)
            {
                restart().GetAwaiter().GetResult();
                Count++;
            }
            return sampler.Sample(prompts, options, cancellation);
        }
    }
}
