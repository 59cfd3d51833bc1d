using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI;

namespace Bellman.Language.Remote;

/// <summary>A model on an OpenAI-compatible server.</summary>
public sealed class RemoteModel : IDisposable
{
    /// <summary>The environment variable with the server's key.</summary>
    public const string KeyVariable = "OPENAI_API_KEY";

    private readonly HttpClient http;
    private readonly string model;
    private readonly RemoteOptions options;
    private readonly IChatClient chat;

    private RemoteModel(HttpClient http, string model, RemoteOptions options, bool isBellman)
    {
        (this.http, this.model, this.options, IsBellman) = (http, model, options, isBellman);
        var settings = new OpenAIClientOptions { Endpoint = http.BaseAddress, RetryPolicy = new ClientRetryPolicy(maxRetries: 0), Transport = new HttpClientPipelineTransport(http), NetworkTimeout = Timeout.InfiniteTimeSpan };
        chat = new OpenAIClient(new ApiKeyCredential(http.DefaultRequestHeaders.Authorization?.Parameter ?? "none"), settings).GetChatClient(model).AsIChatClient();
    }

    /// <summary>Prepares to ask a server; nothing is sent yet.</summary>
    /// <param name="address">Where it listens, e.g. <c>http://localhost:8000/v1</c>.</param>
    /// <param name="model">The name it knows the model by.</param>
    /// <param name="options">How patiently it is asked.</param>
    /// <param name="key">Its key; null takes the environment's <see cref="KeyVariable"/>, if there is one.</param>
    /// <exception cref="UsageException">The address is none, or an option is out of range.</exception>
    public static RemoteModel Connect(string address, string model, RemoteOptions? options = null, string? key = null)
    {
        options = OptionSet.Validated(options ?? new RemoteOptions(), "the remote model");
        return new RemoteModel(Client(address, key, null), model, options, isBellman: false);
    }

    /// <summary>As <see cref="Connect"/>, for the model that the server says it has.</summary>
    /// <param name="address">Where it listens; <c>/v1</c> is added where nothing follows the port.</param>
    /// <param name="model">The name it knows the model by; null takes the only one it has.</param>
    /// <param name="options">How patiently it is asked.</param>
    /// <param name="key">Its key; null takes the environment's <see cref="KeyVariable"/>, if there is one.</param>
    /// <param name="cancellation">Stops asking.</param>
    /// <exception cref="BellmanException">The address is none, the server does not answer, or it has no such model.</exception>
    public static RemoteModel Find(string address, string? model = null, RemoteOptions? options = null, string? key = null, CancellationToken cancellation = default) =>
        Find(address, model, options, key, null, cancellation);

    internal static RemoteModel Find(string address, string? model, RemoteOptions? options, string? key, HttpMessageHandler? handler, CancellationToken cancellation)
    {
        options = OptionSet.Validated(options ?? new RemoteOptions(), "the remote model");
        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.AbsolutePath == "/") { address = address.TrimEnd('/') + "/v1"; }
        var http = Client(address, key, handler);
        try
        {
            var answer = new RetryPolicy(options).Run($"Asking {address} for its models", new CompletionsClient(http, "models").Get, RandomStream.Create(0, "models"), cancellation).GetAwaiter().GetResult();
            var owners = new Dictionary<string, string?>();
            foreach (var entry in (answer["data"] as JsonArray ?? []).OfType<JsonObject>()) { owners[entry["id"]?.ToString() ?? ""] = entry["owned_by"]?.ToString(); }
            var name = model ?? (owners.Count == 1 ? owners.Keys.Single() : throw new UsageException($"{address} has {owners.Count} models ({string.Join(", ", owners.Keys)}). Name one of them."));
            if (!owners.TryGetValue(name, out var owner)) { throw NearNames.Unknown("model of the server", name, owners.Keys, $"{address} has: {string.Join(", ", owners.Keys)}."); }
            return new RemoteModel(http, name, options, owner == "bellman");
        }
        catch (BellmanException)
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>A client of Microsoft.Extensions.AI for it.</summary>
    public IChatClient Chat => chat;

    /// <summary>Whether <c>bellman serve</c> answers, which reports log-probabilities at the sampling temperature and draws from a stream it is told. Known after <see cref="Find(string, string?, RemoteOptions?, string?, CancellationToken)"/>.</summary>
    public bool IsBellman { get; }

    /// <summary>Answers conversations.</summary>
    public RemoteGenerator Generator() => new(chat, options);

    /// <summary>Continues token ids.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public RemoteSampler Sampler(ITokenizer tokenizer) => Sampler(tokenizer, null, null);

    /// <summary>Continues token ids with the weights of a policy that is being trained.</summary>
    /// <param name="policy">What is trained; written whenever it has changed.</param>
    /// <param name="folder">Where it is written; the server sees it under the same path.</param>
    public FollowingSampler Following(LanguageModelFolder policy, string folder) => Following(policy, folder, null);

    internal FollowingSampler Following(LanguageModelFolder policy, string folder, Func<TimeSpan, CancellationToken, Task>? wait) => new(http, this, policy, folder, options, wait);

    internal RemoteSampler Sampler(ITokenizer tokenizer, Func<JsonObject, CancellationToken, Task>? inspect, Func<TimeSpan, CancellationToken, Task>? wait) =>
        new(http, model, tokenizer, options, wait, IsBellman, inspect);

    /// <inheritdoc/>
    public void Dispose()
    {
        chat.Dispose();
        http.Dispose();
    }

    private static HttpClient Client(string address, string? key, HttpMessageHandler? handler)
    {
        if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"'{address}' is no address of a server. Write for instance http://localhost:8000/v1.");
        }
        key ??= Environment.GetEnvironmentVariable(KeyVariable);
        // The time limit is the policy's, an attempt at a time.
        var http = new HttpClient(handler ?? new HttpClientHandler()) { BaseAddress = uri, Timeout = Timeout.InfiniteTimeSpan };
        if (!string.IsNullOrEmpty(key)) { http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key); }
        return http;
    }
}
