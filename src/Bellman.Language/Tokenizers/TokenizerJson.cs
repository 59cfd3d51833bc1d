using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Language.Tokenizers;

/// <summary>Writes tokenizer.json files that transformers and <see cref="HuggingFaceTokenizer"/> read.</summary>
internal static class TokenizerJson
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A byte-level vocabulary with its merges; ids are positions.</summary>
    public static byte[] ByteLevel(IReadOnlyList<string> tokens, IReadOnlyList<string> special, IReadOnlyList<(string Left, string Right)> merges, string pattern) => Write(
        special.Select(text => (Array.IndexOf([.. tokens], text), text)),
        new JsonObject { ["type"] = "NFC" },
        new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false },
                new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false }),
        },
        new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false },
        tokens, merges);

    /// <summary>One token a character: a vocabulary without merges.</summary>
    public static byte[] Characters(IReadOnlyList<string> tokens, IReadOnlyList<string> special) => Write(
        special.Select(text => (Array.IndexOf([.. tokens], text), text)), null, null, new JsonObject { ["type"] = "Fuse" }, tokens, []);

    private static byte[] Write(
        IEnumerable<(int Id, string Text)> special, JsonNode? normalizer, JsonNode? preTokenizer, JsonNode decoder,
        IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges)
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokens.Count; id++) { vocabulary[tokens[id]] = id; }
        var root = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.Select(token => new JsonObject
            {
                ["id"] = token.Id,
                ["content"] = token.Text,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = true,
            })]),
            ["normalizer"] = normalizer,
            ["pre_tokenizer"] = preTokenizer,
            ["post_processor"] = null,
            ["decoder"] = decoder,
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray(merge.Left, merge.Right))]),
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Written);
    }
}
