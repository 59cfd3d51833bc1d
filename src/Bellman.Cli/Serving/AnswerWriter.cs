using System.Text;
using System.Text.Json.Nodes;
using Bellman.Language;
using Microsoft.AspNetCore.Http;

namespace Bellman.Cli.Serving;

/// <summary>Writes the answer to one request: at once, or as server-sent events while it grows.</summary>
/// <param name="name">What the server calls its model.</param>
/// <param name="format">Completions or chat.</param>
/// <param name="job">The request.</param>
internal sealed class AnswerWriter(string name, AnswerFormat format, GenerationJob job)
{
    private readonly string id = format.IdPrefix + Guid.NewGuid().ToString("N");
    private readonly long created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private GenerationRequest Request => job.Request;

    private ITokenizer Tokenizer => job.Model.Folder.Tokenizer;

    public async Task Whole(HttpResponse response)
    {
        var completions = await job.Result;
        var answer = Envelope(chunk: false, [.. completions.SelectMany((group, prompt) => group.Select((completion, sample) => Choice((prompt * Request.Samples) + sample, completion)))]);
        answer["usage"] = Usage(completions);
        await response.WriteAsync(answer.ToJsonString(), job.Gone);
    }

    public async Task Streamed(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        var growing = Enumerable.Range(0, job.Responses).Select(_ => new GrowingText(Tokenizer, Request.Sampling.StopTexts)).ToArray();
        for (var index = 0; index < growing.Length; index++)
        {
            if (format.Opening(index) is { } opening) { await Send(response, Envelope(chunk: true, opening)); }
        }
        await foreach (var token in job.Tokens)
        {
            var index = (token.Prompt * Request.Samples) + token.Sample;
            var text = growing[index].Add(token.Token);
            if (text.Length == 0 && !Request.LogProbabilities && !Request.TokenIds) { continue; }
            await Send(response, Envelope(chunk: true, WithIds(format.Part(index, text, Entries([token.Token], [token.LogProbability]), null, Request.LogProbabilities), [token.Token])));
        }
        var completions = await job.Result;
        for (var index = 0; index < growing.Length; index++)
        {
            var completion = completions[index / Request.Samples][index % Request.Samples];
            await Send(response, Envelope(chunk: true, format.Part(index, growing[index].End(), [], Finish(completion), logProbabilities: false)));
        }
        if (Request.UsageInStream)
        {
            var usage = Envelope(chunk: true);
            usage["usage"] = Usage(completions);
            await Send(response, usage);
        }
        await response.WriteAsync("data: [DONE]\n\n", job.Gone);
    }

    private async Task Send(HttpResponse response, JsonObject answer)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {answer.ToJsonString()}\n\n"), job.Gone);
        await response.Body.FlushAsync(job.Gone);
    }

    private JsonObject Envelope(bool chunk, params IEnumerable<JsonObject> choices) => new()
    {
        ["id"] = id,
        ["object"] = format.Object(chunk),
        ["created"] = created,
        ["model"] = name,
        ["weight_version"] = job.Model.Version,
        ["choices"] = new JsonArray([.. choices]),
    };

    private JsonObject Choice(int index, Completion completion)
    {
        var text = StopText.Cut(Tokenizer.Decode(completion.Tokens), Request.Sampling.StopTexts);
        var choice = WithIds(format.Whole(index, text, Entries(completion.Tokens, completion.LogProbabilities), Finish(completion), Request.LogProbabilities), completion.Tokens);
        if (Request.Entropies) { choice["entropies"] = new JsonArray([.. completion.Entropies.Select(entropy => JsonValue.Create(entropy))]); }
        return choice;
    }

    private JsonObject WithIds(JsonObject choice, int[] tokens)
    {
        if (Request.TokenIds) { choice["token_ids"] = new JsonArray([.. tokens.Select(token => JsonValue.Create(token))]); }
        return choice;
    }

    private IReadOnlyList<AnswerFormat.TokenEntry> Entries(int[] tokens, float[] logProbabilities) =>
        Request.LogProbabilities ? AnswerFormat.Entries(Tokenizer, tokens, logProbabilities) : [];

    private JsonObject Usage(IReadOnlyList<IReadOnlyList<Completion>> completions)
    {
        var asked = Request.Prompts.Sum(prompt => prompt.Length);
        var answered = completions.Sum(group => group.Sum(completion => completion.Tokens.Length));
        return new JsonObject { ["prompt_tokens"] = asked, ["completion_tokens"] = answered, ["total_tokens"] = asked + answered };
    }

    private static string Finish(Completion completion) => completion.Finish == FinishReason.Length ? "length" : "stop";
}
