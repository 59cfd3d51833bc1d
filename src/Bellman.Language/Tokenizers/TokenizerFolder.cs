using System.Text.Json;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// The tokenizer of a model's folder: <c>characters.json</c> of a small model, or <c>tokenizer.json</c> and from <c>generation_config.json</c>, <c>config.json</c>,
/// <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c>, where they exist, the end and padding tokens.
/// </summary>
public static class TokenizerFolder
{
    /// <summary>The tokenizer's file.</summary>
    public const string FileName = "tokenizer.json";

    /// <summary>The file of a chat template, where it is not in <c>tokenizer_config.json</c>.</summary>
    public const string ChatTemplateFile = "chat_template.jinja";

    /// <summary>Reads the tokenizer of a folder.</summary>
    /// <exception cref="UsageException">A file is missing, damaged, or needs something that is not supported.</exception>
    public static ITokenizer Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            var alphabet = Path.Combine(folder, CharacterTokenizer.FileName);
            if (File.Exists(alphabet)) { return CharacterTokenizer.Read(alphabet); }
            throw new UsageException(Directory.Exists(folder)
                ? $"{folder} has no {FileName}. Older models have only vocab.json and merges.txt or a sentencepiece file: save the tokenizer again with transformers, which writes {FileName}."
                : $"The folder {folder} does not exist. Give the folder of a model.");
        }
        return HuggingFaceTokenizer.Read(file, Roles(folder));
    }

    /// <summary>What the files beside the tokenizer say about its tokens.</summary>
    /// <exception cref="UsageException">A file is damaged.</exception>
    public static SpecialTokens Roles(string folder)
    {
        var (names, ids) = (new List<string>(), new List<int>());
        string? padding = null;
        foreach (var file in new[] { "tokenizer_config.json", "special_tokens_map.json" })
        {
            if (Open(folder, file) is not { } root) { continue; }
            if (Name(root["eos_token"]) is { } end) { names.Add(end); }
            padding ??= Name(root["pad_token"]);
        }
        // The generation settings know all ends of a chat model; the model's configuration speaks only where there are none.
        foreach (var file in new[] { "generation_config.json", "config.json" })
        {
            if (ids.Count == 0 && Open(folder, file) is { } root) { ids.AddRange(Ids(root["eos_token_id"])); }
        }
        return new SpecialTokens { End = [.. names.Distinct()], EndIds = [.. ids.Distinct()], Padding = padding };
    }

    /// <summary>The chat template's text, or null when the folder has none.</summary>
    /// <exception cref="UsageException">A file is damaged.</exception>
    public static string? ChatTemplateText(string folder)
    {
        var file = Path.Combine(folder, ChatTemplateFile);
        if (File.Exists(file)) { return System.Text.Encoding.UTF8.GetString(JsonField.ReadBytes(file)); }
        if (Open(folder, "tokenizer_config.json") is not { } root || root["chat_template"].IsNull) { return null; }
        var template = root["chat_template"];
        // Several templates: the one called default is for chats.
        return template.Kind == JsonValueKind.Array
            ? template.Items().Where(item => item["name"].Text() == "default").Select(item => item["template"].Text()).FirstOrDefault()
            : template.Text();
    }

    private static JsonField? Open(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? JsonField.ReadFile(path) : null;
    }

    /// <summary>A token is written as its text, or as an object with its text.</summary>
    private static string? Name(JsonField field) => field.Kind == JsonValueKind.Object ? field["content"].TextOrNull() : field.TextOrNull();

    private static IEnumerable<int> Ids(JsonField field) =>
        field.IsNull ? [] : field.Kind == JsonValueKind.Array ? field.Items().Select(item => item.Integer()) : [field.Integer()];
}
