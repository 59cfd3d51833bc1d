using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
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

    private RemoteModel(Uri address, string model, string? key, RemoteOptions options)
    {
        (this.model, this.options) = (model, options);
        // The time limit is the policy's, an attempt at a time.
        http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null) { http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key); }
        var settings = new OpenAIClientOptions { Endpoint = address, RetryPolicy = new ClientRetryPolicy(maxRetries: 0), Transport = new HttpClientPipelineTransport(http), NetworkTimeout = Timeout.InfiniteTimeSpan };
        chat = new OpenAIClient(new ApiKeyCredential(key ?? "none"), settings).GetChatClient(model).AsIChatClient();
    }

    /// <summary>Prepares to ask a server; nothing is sent yet.</summary>
    /// <param name="address">Where it listens, e.g. <c>http://localhost:8000/v1</c>.</param>
    /// <param name="model">The name it knows the model by.</param>
    /// <param name="options">How patiently it is asked.</param>
    /// <param name="key">Its key; null takes the environment's <see cref="KeyVariable"/>, if there is one.</param>
    /// <exception cref="UsageException">The address is none, or an option is out of range.</exception>
    public static RemoteModel Connect(string address, string model, RemoteOptions? options = null, string? key = null)
    {
        if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new UsageException($"'{address}' is no address of a server. Write for instance http://localhost:8000/v1.");
        }
        key ??= Environment.GetEnvironmentVariable(KeyVariable);
        return new RemoteModel(uri, model, string.IsNullOrEmpty(key) ? null : key, OptionSet.Validated(options ?? new RemoteOptions(), "the remote model"));
    }

    /// <summary>A client of Microsoft.Extensions.AI for it.</summary>
    public IChatClient Chat => chat;

    /// <summary>Answers conversations.</summary>
    public RemoteGenerator Generator() => new(chat, options);

    /// <summary>Continues token ids.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public RemoteSampler Sampler(ITokenizer tokenizer) => new(http, model, tokenizer, options);

    /// <inheritdoc/>
    public void Dispose()
    {
        chat.Dispose();
        http.Dispose();
    }
}
