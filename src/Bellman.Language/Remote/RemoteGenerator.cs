using System.ClientModel;
using Microsoft.Extensions.AI;

namespace Bellman.Language.Remote;

/// <summary>
/// Answers conversations through any <see cref="IChatClient"/> of Microsoft.Extensions.AI: OpenAI-compatible servers, or whatever else
/// has one. Each answer is a request of its own, tried again by itself when it fails.
/// </summary>
public sealed class RemoteGenerator : ITextGenerator
{
    private readonly IChatClient client;
    private readonly RemoteOptions options;
    private readonly RetryPolicy retries;

    /// <summary>A generator.</summary>
    /// <param name="client">Not disposed; its own retries, if any, come on top.</param>
    /// <param name="options">How patiently it asks.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public RemoteGenerator(IChatClient client, RemoteOptions? options = null) : this(client, options, null) { }

    internal RemoteGenerator(IChatClient client, RemoteOptions? options, Func<TimeSpan, CancellationToken, Task>? wait)
    {
        (this.client, this.options) = (client, OptionSet.Validated(options ?? new RemoteOptions(), "the remote generator"));
        retries = new RetryPolicy(this.options, wait);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<TextResponse>> Generate(IReadOnlyList<TextRequest> requests, SamplingOptions options, CancellationToken cancellation = default)
    {
        OptionSet.Validated(options, "sampling");
        var results = requests.Select(request => new TextResponse[request.Samples]).ToList();
        var places = results.SelectMany((samples, request) => samples.Select((_, sample) => (Request: request, Sample: sample))).ToList();
        Parallel.ForEachAsync(
            places, new ParallelOptions { MaxDegreeOfParallelism = this.options.Concurrency, CancellationToken = cancellation },
            async (place, token) => results[place.Request][place.Sample] = await Answer(requests[place.Request], place.Sample, options, token).ConfigureAwait(false)).GetAwaiter().GetResult();
        return results;
    }

    private Task<TextResponse> Answer(TextRequest request, int sample, SamplingOptions sampling, CancellationToken cancellation)
    {
        var random = request.Random.Child("remote", sample);
        var settings = new ChatOptions
        {
            Temperature = (float)sampling.Temperature,
            TopP = (float)sampling.TopP,
            TopK = sampling.TopK > 0 ? sampling.TopK : null,
            MaxOutputTokens = sampling.MaximumNewTokens,
            StopSequences = sampling.StopTexts.Length > 0 ? [.. sampling.StopTexts] : null,
            Seed = random.Child("seed").NextInt32(int.MaxValue),
        };
        IReadOnlyList<ChatMessage> messages = [.. request.Messages.Select(message => new ChatMessage(new ChatRole(message.Role), message.Content))];
        return retries.Run($"Asking for an answer to {request.Name}", token => Ask(messages, settings, token), random.Child("retry"), cancellation);
    }

    private async Task<TextResponse> Ask(IReadOnlyList<ChatMessage> messages, ChatOptions settings, CancellationToken cancellation)
    {
        try
        {
            var response = await client.GetResponseAsync(messages, settings, cancellation).ConfigureAwait(false);
            var finish = response.FinishReason == ChatFinishReason.Length ? FinishReason.Length : FinishReason.EndToken;
            return new TextResponse(response.Text, (int)(response.Usage?.OutputTokenCount ?? 0), finish);
        }
        catch (ClientResultException error) when (error.Status is not 0 and not 408 and not 429 and < 500)
        {
            throw new UsageException($"The server refuses the request: {error.Message.ReplaceLineEndings(" ")} Check the address, which usually ends in /v1, the model's name, OPENAI_API_KEY and the options.", error);
        }
        catch (Exception error) when (error is ClientResultException or System.Text.Json.JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
        {
            // The client library reports an answer that is nonsense in several ways.
            throw new TransientFailure($"the server's answer cannot be used: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }
}
