using System.Buffers.Binary;
using System.Text.Json;

namespace Bellman.Runs;

/// <summary>Writes the safetensors format: 8 bytes of header length, a JSON header, then the blocks one after another.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes <paramref name="blocks"/> to <paramref name="stream"/>, streaming each from where it lies.</summary>
    /// <remarks>Wider elements come first, so that every block starts at a multiple of its element's size.</remarks>
    /// <exception cref="ArgumentException">Two blocks have the same name, or one has the reserved name <c>__metadata__</c>.</exception>
    public static void Write(Stream stream, IEnumerable<TensorBlock> blocks, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var ordered = blocks.OrderByDescending(block => block.Type.Size()).ThenBy(block => block.Name, StringComparer.Ordinal).ToList();
        if (ordered.GroupBy(block => block.Name).FirstOrDefault(group => group.Count() > 1 || group.Key == "__metadata__") is { } wrong)
        {
            throw new ArgumentException($"A tensor cannot be called '{wrong.Key}': each needs a name of its own, other than __metadata__.", nameof(blocks));
        }
        var header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var block in ordered) { block.WriteTo(stream); }
    }

    private static byte[] Header(List<TensorBlock> blocks, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (name, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) { json.WriteString(name, value); }
                json.WriteEndObject();
            }
            var offset = 0L;
            foreach (var block in blocks)
            {
                var end = offset + block.Count * block.Type.Size();
                json.WriteStartObject(block.Name);
                json.WriteString("dtype", block.Type.ToString());
                json.WriteStartArray("shape");
                foreach (var axis in block.Shape) { json.WriteNumberValue(axis); }
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                offset = end;
            }
            json.WriteEndObject();
        }
        // Blanks after the JSON keep the first block at a multiple of eight bytes.
        while (buffer.Length % 8 != 0) { buffer.WriteByte((byte)' '); }
        return buffer.ToArray();
    }
}
