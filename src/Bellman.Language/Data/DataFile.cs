using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Language.Data;

/// <summary>
/// Reads data files record by record: JSON lines (<c>.jsonl</c>, <c>.jsonl.gz</c>), a JSON list (<c>.json</c>), Parquet (<c>.parquet</c>).
/// </summary>
public static class DataFile
{
    /// <summary>Endings of the files that are read.</summary>
    public static IReadOnlyList<string> Endings { get; } = [".jsonl", ".jsonl.gz", ".json", ".parquet"];

    private const int LongestLine = 64 << 20;
    private const long LargestList = 1L << 30;

    /// <summary>The records of a file, in order.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="UsageException">It cannot be read, has an unknown ending, holds no record, or a line is not JSON (the line is named).</exception>
    public static IEnumerable<DataRow> Read(string path)
    {
        if (!File.Exists(path)) { throw new UsageException($"The data file {path} does not exist. Give the path of a file that ends in {string.Join(", ", Endings)}."); }
        var ending = Endings.FirstOrDefault(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"{path} is no data file that can be read: its name ends in none of {string.Join(", ", Endings)}.");
        return NotEmpty(path, ending switch
        {
            ".parquet" => ParquetData.Read(path),
            ".json" => List(path),
            _ => Lines(path, ending == ".jsonl.gz"),
        });
    }

    private static IEnumerable<DataRow> NotEmpty(string path, IEnumerable<DataRow> rows)
    {
        var any = false;
        foreach (var row in rows)
        {
            any = true;
            yield return row;
        }
        if (!any) { throw new UsageException($"The data file {path} holds no records."); }
    }

    private static IEnumerable<DataRow> Lines(string path, bool compressed)
    {
        using var file = Open(path);
        using var content = compressed ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        using var reader = new StreamReader(content, Encoding.UTF8);
        for (var number = 1L; Line(reader, path, number) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line)) { continue; }
            yield return new DataRow(Parse(line, path, number), $"{path}, line {number}");
        }
    }

    /// <summary>The next line, of bounded length; null at the end.</summary>
    private static string? Line(StreamReader reader, string path, long number)
    {
        try
        {
            var line = new StringBuilder();
            for (int next; (next = reader.Read()) >= 0;)
            {
                if (next == '\n') { return line.ToString(); }
                if (line.Length >= LongestLine) { throw new UsageException($"{path}, line {number} is longer than {LongestLine >> 20} MiB. A record a line is expected; check that it is a file of JSON lines."); }
                line.Append((char)next);
            }
            return line.Length == 0 ? null : line.ToString();
        }
        catch (InvalidDataException error)
        {
            throw new UsageException($"{path} is not a valid gzip file: {error.Message}", error);
        }
    }

    private static JsonObject Parse(string line, string path, long number)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject
                ?? throw new UsageException($"{path}, line {number} is JSON but no object. Each line holds one record, {{\"column\": value, ...}}.");
        }
        catch (JsonException error)
        {
            throw new UsageException($"{path}, line {number} is not JSON: {error.Message} Each line holds one record, {{\"column\": value, ...}}.", error);
        }
    }

    private static IEnumerable<DataRow> List(string path)
    {
        using var file = Open(path);
        if (file.Length > LargestList) { throw new UsageException($"{path} has {file.Length >> 20} MiB, more than a JSON list is read from at once ({LargestList >> 20}). Write it as JSON lines (.jsonl)."); }
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(file);
        }
        catch (JsonException error)
        {
            throw new UsageException($"{path} is not JSON: {error.Message} A list of records is expected; JSON lines end in .jsonl.", error);
        }
        var items = root as JsonArray ?? throw new UsageException($"{path} holds no list of records. Write [{{\"column\": value, ...}}, ...].");
        for (var i = 0; i < items.Count; i++)
        {
            yield return new DataRow(items[i] as JsonObject ?? throw new UsageException($"{path}, record {i + 1} is no object."), $"{path}, record {i + 1}");
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The data file {path} cannot be read: {error.Message}", error);
        }
    }
}
