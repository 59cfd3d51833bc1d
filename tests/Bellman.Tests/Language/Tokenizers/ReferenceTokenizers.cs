using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bellman.Language.Tokenizers;

namespace Bellman.Tests.Language.Tokenizers;

/// <summary>
/// Small tokenizers of the layouts in use, and what the library that the files come from (Hugging Face tokenizers, in Rust)
/// makes of about ninety texts with each.
/// </summary>
internal static class ReferenceTokenizers
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static readonly string[] Names = ["gpt2", "llama3", "qwen2", "cl100k", "llama2"];

    public sealed record Case(string Text, int[] Ids, string Decoded, string WithSpecial);

    public static JsonNode Load(string name)
    {
        using var stream = typeof(ReferenceTokenizers).Assembly.GetManifestResourceStream($"Reference.{name}.json") ?? throw new InvalidOperationException(name);
        return JsonNode.Parse(stream) ?? throw new InvalidOperationException(name);
    }

    public static byte[] File(string name) => Encoding.UTF8.GetBytes(Load(name)["tokenizer"]?.ToJsonString() ?? "");

    public static HuggingFaceTokenizer Tokenizer(string name) => HuggingFaceTokenizer.Parse(File(name));

    public static IReadOnlyList<Case> Cases(string name) =>
        JsonSerializer.Deserialize<List<Case>>(Load(name)["cases"], Json) ?? [];
}
