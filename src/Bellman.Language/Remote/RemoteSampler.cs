using System.Text.Json.Nodes;

namespace Bellman.Language.Remote;

/// <summary>
/// Draws responses from a server with the OpenAI-compatible completions interface (vLLM, SGLang, llama.cpp, Ollama, <c>bellman serve</c>),
/// prompts going out as token ids. The responses to a prompt are a group: a group that comes incomplete is asked for again whole, so
/// none is lost or counted twice.
/// </summary>
/// <remarks>
/// Token ids come back from servers that report them (vLLM, bellman serve); from others the text is encoded anew, which may cut it
/// differently, and there are no log-probabilities. Servers report log-probabilities at temperature 1 or as set up; only
/// <c>bellman serve</c> reports them at the sampling temperature. It alone is also told the prompt's random stream, so that it draws
/// what the model would draw here, and reports entropies.
/// </remarks>
public sealed class RemoteSampler : ISampler
{
    private readonly CompletionsClient client;
    private readonly string model;
    private readonly string server;
    private readonly ITokenizer tokenizer;
    private readonly RemoteOptions options;
    private readonly RetryPolicy retries;
    private readonly bool isBellman;
    private readonly Func<JsonObject, CancellationToken, Task>? inspect;

    /// <summary>A sampler.</summary>
    /// <param name="http">Its base address ends in <c>/v1/</c>; not disposed.</param>
    /// <param name="model">The name the server knows the model by.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">How patiently it asks.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public RemoteSampler(HttpClient http, string model, ITokenizer tokenizer, RemoteOptions? options = null) : this(http, model, tokenizer, options, null) { }

    // isBellman: the server understands what only ours does. inspect sees every answer first, and throws for one that is not to be believed.
    internal RemoteSampler(
        HttpClient http, string model, ITokenizer tokenizer, RemoteOptions? options, Func<TimeSpan, CancellationToken, Task>? wait, bool isBellman = false, Func<JsonObject, CancellationToken, Task>? inspect = null)
    {
        (this.isBellman, this.inspect) = (isBellman, inspect);
        this.options = OptionSet.Validated(options ?? new RemoteOptions(), "the remote sampler");
        (client, this.model, this.tokenizer, server) = (new CompletionsClient(http, "completions"), model, tokenizer, http.BaseAddress?.ToString() ?? "the server");
        retries = new RetryPolicy(this.options, wait);
    }

    /// <inheritdoc/>
    /// <exception cref="BellmanException">The server failed as often as it was asked.</exception>
    public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default)
    {
        OptionSet.Validated(options, "sampling");
        if (prompts.Count == 0) { throw new UsageException("There are no prompts to continue. Give at least one."); }
        var results = new IReadOnlyList<Completion>[prompts.Count];
        Parallel.ForEachAsync(
            Enumerable.Range(0, prompts.Count), new ParallelOptions { MaxDegreeOfParallelism = this.options.Concurrency, CancellationToken = cancellation },
            async (index, token) => results[index] = await Group(prompts[index], options, token).ConfigureAwait(false)).GetAwaiter().GetResult();
        return results;
    }

    private async Task<IReadOnlyList<Completion>> Group(SamplingPrompt prompt, SamplingOptions sampling, CancellationToken cancellation)
    {
        if (prompt.Samples == 0) { return []; }
        var jitter = prompt.Random.Child("retry");
        var together = await Ask(prompt, prompt.Samples, -1).ConfigureAwait(false);
        if (together.Count == prompt.Samples) { return together; }
        // Some servers answer once whatever is asked; then every response is asked for by itself, the first one too.
        var single = new List<Completion>();
        for (var sample = 0; sample < prompt.Samples; sample++) { single.Add((await Ask(prompt, 1, sample).ConfigureAwait(false))[0]); }
        return single;

        Task<IReadOnlyList<Completion>> Ask(SamplingPrompt asked, int count, int sample) => retries.Run($"Asking {server} for {count} {(count == 1 ? "response" : "responses")}", async token =>
        {
            var answer = await client.Post(Request(asked, count, sample, sampling), token).ConfigureAwait(false);
            if (inspect is not null) { await inspect(answer, token).ConfigureAwait(false); }
            return CompletionsAnswer.Read(answer, count, tokenizer, sampling);
        }, jitter, cancellation);
    }

    private JsonObject Request(SamplingPrompt prompt, int count, int sample, SamplingOptions sampling)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["prompt"] = new JsonArray([.. prompt.Tokens.Select(token => JsonValue.Create(token))]),
            ["n"] = count,
            ["max_tokens"] = sampling.MaximumNewTokens,
            ["temperature"] = sampling.Temperature,
            ["top_p"] = sampling.TopP,
            ["logprobs"] = 1,
            ["seed"] = prompt.Random.Child("seed", sample).NextInt32(int.MaxValue),
            ["return_token_ids"] = true,
            ["return_tokens_as_token_ids"] = true,
        };
        if (isBellman)
        {
            if (sample < 0) { body["random_stream"] = prompt.Random.Name; }
            body["return_entropies"] = true;
        }
        // What OpenAI's interface does not know is sent only where it says something.
        if (sampling.TopK > 0) { body["top_k"] = sampling.TopK; }
        if (sampling.MinP > 0) { body["min_p"] = sampling.MinP; }
        if (sampling.RepetitionPenalty != 1) { body["repetition_penalty"] = sampling.RepetitionPenalty; }
        if (sampling.StopTexts.Length > 0) { body["stop"] = new JsonArray([.. sampling.StopTexts.Select(text => JsonValue.Create(text))]); }
        if (sampling.StopTokens.Length > 0) { body["stop_token_ids"] = new JsonArray([.. sampling.StopTokens.Select(token => JsonValue.Create(token))]); }
        return body;
    }
}
