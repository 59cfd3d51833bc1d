using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>What both kinds of requests come down to: prompts as token ids, and how they are continued.</summary>
internal sealed record GenerationRequest
{
    private const int MostSamples = 128;

    public required IReadOnlyList<int[]> Prompts { get; init; }

    public required int Samples { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required ulong? Seed { get; init; }

    /// <summary>The stream that the responses draw from, in place of a seed.</summary>
    public required RandomStream? Random { get; init; }

    public required bool Stream { get; init; }

    public required bool UsageInStream { get; init; }

    public required bool LogProbabilities { get; init; }

    public required bool TokenIds { get; init; }

    public required bool Entropies { get; init; }

    /// <summary>Reads the fields that both kinds share.</summary>
    /// <exception cref="ApiError">A field is malformed or out of range.</exception>
    public static GenerationRequest Read(RequestFields fields, IReadOnlyList<int[]> prompts, LanguageModelFolder model, ServerOptions server, int defaultTokens, bool logProbabilities)
    {
        var stops = fields.Texts("stop");
        if (stops.Length > 16 || stops.Any(stop => stop.Length is 0 or > 1000)) { throw RequestFields.Wrong("stop", "at most 16 texts of 1 to 1000 characters"); }
        var most = fields.Integer("max_completion_tokens", 1, server.MaximumNewTokens) ?? fields.Integer("max_tokens", 1, server.MaximumNewTokens) ?? Math.Min(defaultTokens, server.MaximumNewTokens);
        var ends = fields.Tokens("stop_token_ids");
        var samples = fields.Integer("n", 1, MostSamples) ?? 1;
        if (samples * prompts.Count > server.MaximumBatch * 4) { throw new ApiError(400, $"{prompts.Count} prompts with {samples} responses each are more than {server.MaximumBatch * 4} responses. Ask for fewer at once.", "n"); }
        foreach (var prompt in prompts)
        {
            if (prompt.Length >= model.Model.ContextLength) { throw new ApiError(400, $"The prompt has {prompt.Length} tokens, and the context of {model.Name}, {model.Model.ContextLength} tokens, must hold it and an answer. Shorten it.", "prompt"); }
            if (prompt.Length == 0) { throw new ApiError(400, "The prompt is empty.", "prompt"); }
            if (prompt.FirstOrDefault(token => token >= model.Model.VocabularySize) is var token and > 0) { throw new ApiError(400, $"The prompt holds the token {token}; the model's ids are 0 to {model.Model.VocabularySize - 1}.", "prompt"); }
        }
        return new GenerationRequest
        {
            Prompts = prompts,
            Samples = samples,
            Seed = fields["seed"] is null ? null : (ulong)(long)(fields.Number("seed", -9e18, 9e18) ?? 0),
            Random = StreamOf(fields, prompts.Count),
            Stream = fields.Flag("stream"),
            UsageInStream = (fields["stream_options"] as System.Text.Json.Nodes.JsonObject)?["include_usage"]?.ToJsonString() == "true",
            LogProbabilities = logProbabilities,
            TokenIds = fields.Flag("return_token_ids"),
            Entropies = fields.Flag("return_entropies"),
            Sampling = new SamplingOptions
            {
                MaximumNewTokens = most,
                Temperature = fields.Number("temperature", 0, 100) ?? 1,
                TopP = fields.Number("top_p", 1e-6, 1) ?? 1,
                TopK = fields.Integer("top_k", -1, 10_000_000) is { } k and > 0 ? k : 0,
                MinP = fields.Number("min_p", 0, 1) ?? 0,
                RepetitionPenalty = fields.Number("repetition_penalty", 0.01, 100) ?? 1,
                StopTexts = stops,
                StopTokens = ends.Length > 0 ? ends : [.. model.EndTokens],
            },
        };
    }

    private static RandomStream? StreamOf(RequestFields fields, int prompts) => fields.Text("random_stream") switch
    {
        null => null,
        var key when prompts == 1 && RandomStream.TryParse(key, out var stream) => stream,
        _ => throw RequestFields.Wrong("random_stream", "32 hexadecimal digits, with one prompt"),
    };
}
