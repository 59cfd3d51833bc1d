using System.Text.Json.Nodes;
using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>How completions and chat completions differ on the wire.</summary>
internal abstract class AnswerFormat
{
    public static AnswerFormat Completions { get; } = new CompletionsFormat();

    public static AnswerFormat Chat { get; } = new ChatFormat();

    /// <summary>Prefix of answers' ids.</summary>
    public abstract string IdPrefix { get; }

    /// <summary>The name of the kind of object.</summary>
    public abstract string Object(bool chunk);

    /// <summary>What a stream begins with for each response; null for nothing.</summary>
    public abstract JsonObject? Opening(int index);

    /// <summary>A part of a response in a stream.</summary>
    public abstract JsonObject Part(int index, string text, IReadOnlyList<TokenEntry> tokens, string? finish, bool logProbabilities);

    /// <summary>A whole response.</summary>
    public abstract JsonObject Whole(int index, string text, IReadOnlyList<TokenEntry> tokens, string finish, bool logProbabilities);

    /// <summary>A token as answers show it.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Text">Its text alone.</param>
    /// <param name="LogProbability">In nats.</param>
    public readonly record struct TokenEntry(int Id, string Text, float LogProbability);

    /// <summary>The tokens of a response as entries.</summary>
    public static IReadOnlyList<TokenEntry> Entries(ITokenizer tokenizer, ReadOnlySpan<int> tokens, ReadOnlySpan<float> logProbabilities)
    {
        var entries = new TokenEntry[tokens.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new TokenEntry(tokens[i], tokenizer.Decode(tokens.Slice(i, 1), skipSpecial: false), i < logProbabilities.Length ? logProbabilities[i] : float.NaN);
        }
        return entries;
    }

    private static JsonValue? Log(float value) => float.IsFinite(value) ? JsonValue.Create(value) : null;

    private sealed class CompletionsFormat : AnswerFormat
    {
        public override string IdPrefix => "cmpl-";

        public override string Object(bool chunk) => "text_completion";

        public override JsonObject? Opening(int index) => null;

        public override JsonObject Part(int index, string text, IReadOnlyList<TokenEntry> tokens, string? finish, bool logProbabilities) => new()
        {
            ["index"] = index,
            ["text"] = text,
            ["logprobs"] = logProbabilities ? LogProbabilities(tokens) : null,
            ["finish_reason"] = finish,
        };

        public override JsonObject Whole(int index, string text, IReadOnlyList<TokenEntry> tokens, string finish, bool logProbabilities) => Part(index, text, tokens, finish, logProbabilities);

        private static JsonObject LogProbabilities(IReadOnlyList<TokenEntry> tokens)
        {
            var offsets = new JsonArray();
            var offset = 0;
            foreach (var token in tokens)
            {
                offsets.Add(offset);
                offset += token.Text.Length;
            }
            return new JsonObject
            {
                ["tokens"] = new JsonArray([.. tokens.Select(token => JsonValue.Create(token.Text))]),
                ["token_logprobs"] = new JsonArray([.. tokens.Select(token => Log(token.LogProbability))]),
                ["top_logprobs"] = null,
                ["text_offset"] = offsets,
            };
        }
    }

    private sealed class ChatFormat : AnswerFormat
    {
        public override string IdPrefix => "chatcmpl-";

        public override string Object(bool chunk) => chunk ? "chat.completion.chunk" : "chat.completion";

        public override JsonObject? Opening(int index) => new() { ["index"] = index, ["delta"] = new JsonObject { ["role"] = "assistant", ["content"] = "" }, ["finish_reason"] = null };

        public override JsonObject Part(int index, string text, IReadOnlyList<TokenEntry> tokens, string? finish, bool logProbabilities)
        {
            var part = new JsonObject { ["index"] = index, ["delta"] = text.Length > 0 ? new JsonObject { ["content"] = text } : new JsonObject(), ["finish_reason"] = finish };
            if (logProbabilities) { part["logprobs"] = LogProbabilities(tokens); }
            return part;
        }

        public override JsonObject Whole(int index, string text, IReadOnlyList<TokenEntry> tokens, string finish, bool logProbabilities) => new()
        {
            ["index"] = index,
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text },
            ["logprobs"] = logProbabilities ? LogProbabilities(tokens) : null,
            ["finish_reason"] = finish,
        };

        private static JsonObject LogProbabilities(IReadOnlyList<TokenEntry> tokens) => new()
        {
            ["content"] = new JsonArray([.. tokens.Select(token => new JsonObject
            {
                ["token"] = token.Text,
                ["logprob"] = Log(token.LogProbability),
                ["bytes"] = new JsonArray([.. System.Text.Encoding.UTF8.GetBytes(token.Text).Select(value => JsonValue.Create(value))]),
                ["top_logprobs"] = new JsonArray(),
            })]),
        };
    }
}
