using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Language;

/// <summary>Reads JSON files that others wrote: limited in size and depth, and nothing in them is ever executed.</summary>
internal static class BoundedJson
{
    private const int DeepestNesting = 32;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = DeepestNesting, AllowDuplicateProperties = false };

    /// <exception cref="UsageException">The file is missing, too large, too deep or not a JSON object.</exception>
    public static JsonObject Read(string path, long mostBytes)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > mostBytes) { throw Refuse(path, $"it has {stream.Length} bytes; at most {mostBytes} are read"); }
            return JsonNode.Parse(stream, documentOptions: Strict) as JsonObject ?? throw Refuse(path, "it is not a JSON object");
        }
        catch (JsonException error)
        {
            throw Refuse(path, error.Message.TrimEnd('.'), error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{path} is missing. A model's folder holds config.json, model.safetensors (or its shards and model.safetensors.index.json) and tokenizer.json; copy the file there or name another folder.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Refuse(path, error.Message, error);
        }
    }

    public static UsageException Refuse(string path, string problem, Exception? cause = null) =>
        new($"{path} cannot be used: {problem}. Correct it, or use an intact copy.", cause);
}
