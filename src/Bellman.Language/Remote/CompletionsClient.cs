using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Language.Remote;

/// <summary>One request to an OpenAI-compatible HTTP interface and its answer as JSON, of bounded size; failures are told apart by whether they may pass.</summary>
internal sealed class CompletionsClient(HttpClient http, string path)
{
    private const int LargestAnswer = 256 << 20;
    private const int LongestQuote = 300;

    /// <exception cref="TransientFailure">The server is overloaded, cut the answer off or answered nonsense.</exception>
    /// <exception cref="UsageException">The server refuses the request.</exception>
    public async Task<JsonObject> Post(JsonObject body, CancellationToken cancellation)
    {
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        return await Send(request, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc cref="Post"/>
    public async Task<JsonObject> Get(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await Send(request, cancellation).ConfigureAwait(false);
    }

    private async Task<JsonObject> Send(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        var text = await Read(response.Content, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode) { throw Refusal(response, text); }
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new TransientFailure($"the server answered JSON that is no object: {Quote(text)}");
        }
        catch (JsonException error)
        {
            throw new TransientFailure($"the server answered what is not JSON: {Quote(text)}", error);
        }
    }

    private static async Task<string> Read(HttpContent content, CancellationToken cancellation)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int count; (count = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            if (memory.Length + count > LargestAnswer) { throw new TransientFailure($"the server answers without end (more than {LargestAnswer >> 20} MiB)"); }
            memory.Write(buffer, 0, count);
        }
        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length);
    }

    private Exception Refusal(HttpResponseMessage response, string text)
    {
        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}";
        if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500)
        {
            return new TransientFailure($"the server answered {status}: {Message(text)}", null, After(response.Headers.RetryAfter));
        }
        return new UsageException($"{http.BaseAddress}{path} refuses the request with {status}: {Message(text)} {(response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? "Set OPENAI_API_KEY to the server's key." : "Check the address, which usually ends in /v1, the model's name and the options.")}");
    }

    private static TimeSpan? After(RetryConditionHeaderValue? header) => header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);

    /// <summary>What the server says of the error, in whichever of the usual places.</summary>
    private static string Message(string text)
    {
        try
        {
            var root = JsonNode.Parse(text) as JsonObject;
            var message = (root?["error"] as JsonObject)?["message"] ?? root?["message"] ?? root?["detail"] ?? root?["error"];
            return message is null ? Quote(text) : Quote(message.ToString());
        }
        catch (JsonException)
        {
            return Quote(text);
        }
    }

    private static string Quote(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length == 0 ? "(nothing)" : line.Length <= LongestQuote ? line : line[..LongestQuote] + "...";
    }
}
