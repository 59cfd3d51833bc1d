using System.Globalization;
using System.Text.Json.Nodes;

namespace Bellman.Language.Remote;

/// <summary>Reads the responses out of a completions answer, and refuses one that cannot be what was asked for.</summary>
internal static class CompletionsAnswer
{
    private const string IdPrefix = "token_id:";

    /// <summary>The responses in order: as many as were asked for, or exactly one from a server that answers only once.</summary>
    /// <exception cref="TransientFailure">Responses are missing, doubled or malformed.</exception>
    public static IReadOnlyList<Completion> Read(JsonObject answer, int count, ITokenizer tokenizer, SamplingOptions options)
    {
        if (answer["choices"] is not JsonArray choices) { throw new TransientFailure("the server's answer has no 'choices'"); }
        if (choices.Count != count && choices.Count != 1) { throw new TransientFailure($"the server gave {choices.Count} responses where {count} were asked for"); }
        var completions = new Completion?[choices.Count];
        for (var i = 0; i < choices.Count; i++)
        {
            if (choices[i] is not JsonObject choice) { throw new TransientFailure("a response of the server is no object"); }
            var index = choice["index"] is null ? i : Number(choice["index"], "index");
            if (index < 0 || index >= completions.Length || completions[index] is not null) { throw new TransientFailure($"the server gave response {index} twice, or one that was not asked for"); }
            completions[index] = Completion(choice, tokenizer, options);
        }
        return [.. completions.OfType<Completion>()];
    }

    private static Completion Completion(JsonObject choice, ITokenizer tokenizer, SamplingOptions options)
    {
        if (choice["text"] is not JsonValue value || !value.TryGetValue<string>(out var text)) { throw new TransientFailure("a response of the server has no 'text'"); }
        var ends = options.StopTokens.Length > 0 ? options.StopTokens : tokenizer.EndTokens;
        var logs = choice["logprobs"] as JsonObject;
        if (Ids(choice, logs) is { } ids)
        {
            if (ids.Length == 0) { throw new TransientFailure("a response of the server has no tokens"); }
            var finish = Finish(choice, ends.Contains(ids[^1]), options);
            var logProbabilities = (logs?["token_logprobs"] as JsonArray)?.Select(Real).ToArray() ?? [];
            var entropies = (choice["entropies"] as JsonArray)?.Select(node => (node as JsonValue)?.TryGetValue<float>(out var entropy) == true ? entropy : float.NaN).ToArray() ?? [];
            return new Completion(ids, logProbabilities.Length == ids.Length ? logProbabilities : [], entropies.Length == ids.Length && !entropies.Any(float.IsNaN) ? entropies : [], finish);
        }
        var ended = Finish(choice, false, options);
        var tokens = tokenizer.Encode(text).ToList();
        // The end token has no text of its own.
        if (ended == FinishReason.EndToken && ends.Count > 0) { tokens.Add(ends[0]); }
        return tokens.Count > 0 ? new Completion([.. tokens], [], [], ended) : throw new TransientFailure("a response of the server is empty");
    }

    private static int[]? Ids(JsonObject choice, JsonObject? logs)
    {
        if (choice["token_ids"] is JsonArray ids) { return [.. ids.Select(id => Number(id, "token_ids"))]; }
        if (logs?["tokens"] is not JsonArray tokens) { return null; }
        var read = new List<int>();
        foreach (var token in tokens)
        {
            if (token?.ToString() is not { } text || !text.StartsWith(IdPrefix, StringComparison.Ordinal)
                || !int.TryParse(text.AsSpan(IdPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) { return null; }
            read.Add(id);
        }
        return [.. read];
    }

    private static FinishReason Finish(JsonObject choice, bool endsWithEndToken, SamplingOptions options)
    {
        var reason = choice["finish_reason"]?.ToString();
        if (reason == "length") { return FinishReason.Length; }
        if (reason is not "stop") { throw new TransientFailure($"a response of the server did not end properly (finish_reason {reason ?? "missing"})"); }
        if (endsWithEndToken) { return FinishReason.EndToken; }
        // vLLM and SGLang say which text or token it was; without that, stop texts are the likelier end where there are some.
        return choice["stop_reason"] is JsonValue stop
            ? stop.TryGetValue<string>(out _) ? FinishReason.StopText : FinishReason.EndToken
            : options.StopTexts.Length > 0 ? FinishReason.StopText : FinishReason.EndToken;
    }

    private static int Number(JsonNode? node, string what) =>
        node is JsonValue value && value.TryGetValue<int>(out var number) && number >= 0 ? number : throw new TransientFailure($"the server's '{what}' holds what is no whole number");

    private static float Real(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<float>(out var number) && number <= 1e-3 ? number : throw new TransientFailure("the server gave a log-probability that is none");
}
