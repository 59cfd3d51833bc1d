using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Bellman.Runs;

/// <summary>Where a tensor lies in its file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Lengths of its axes, row-major; none for a scalar.</param>
/// <param name="Offset">Its first byte, counted from the file's beginning.</param>
/// <param name="Count">Its elements.</param>
public sealed record TensorEntry(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Count);

/// <summary>
/// A safetensors file, opened for reading: the header is checked at once (every byte of the data belongs to exactly one
/// tensor), the tensors are read when asked for.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    // The limit of the format's reference implementation: a larger length is a damaged file, not a header.
    private const long LargestHeader = 100_000_000;

    private readonly FileStream stream;
    private readonly Dictionary<string, TensorEntry> entries = [];
    private readonly Dictionary<string, string> metadata = [];

    private SafetensorsFile(FileStream stream) => this.stream = stream;

    /// <summary>Every tensor, by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => entries;

    /// <summary>The texts of the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="BellmanException">The file cannot be read or is not a valid safetensors file; the message says why.</exception>
    public static SafetensorsFile Open(string path)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BellmanException($"Tensors cannot be read from {path}: {error.Message} Check the path and its permissions.", error);
        }
        var file = new SafetensorsFile(stream);
        try
        {
            file.ReadHeader();
            return file;
        }
        catch (BellmanException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The entry called <paramref name="name"/>.</summary>
    /// <exception cref="BellmanException">There is none; the message lists near names.</exception>
    public TensorEntry Find(string name)
    {
        if (entries.TryGetValue(name, out var entry)) { return entry; }
        var near = NearNames.Find(name, entries.Keys);
        throw new BellmanException($"{stream.Name} holds no tensor called '{name}' ({entries.Count} others{(near.Count > 0 ? $", near: {string.Join(", ", near)}" : "")}).");
    }

    /// <summary>Reads a tensor into <paramref name="destination"/>, without converting.</summary>
    /// <exception cref="BellmanException">There is no such tensor, it has another type or length, or the file could not be read.</exception>
    public void Read<T>(string name, Span<T> destination) where T : unmanaged
    {
        var entry = Find(name);
        if (entry.Type != TensorTypes.Of<T>() || entry.Count != destination.Length)
        {
            throw new BellmanException($"Tensor '{name}' in {stream.Name} is {entry.Count} x {entry.Type} where {destination.Length} x {TensorTypes.Of<T>()} is wanted. Use a file made with the same shapes.");
        }
        ReadElements(entry, destination);
    }

    /// <summary>Reads a tensor of any floating-point type (F16, BF16, F32, F64) as floats.</summary>
    /// <exception cref="BellmanException">There is no such tensor, it is not floating-point or has another length, or the file could not be read.</exception>
    public void ReadSingles(string name, Span<float> destination)
    {
        var entry = Find(name);
        if (entry.Type == TensorType.F32) { Read(name, destination); return; }
        if (entry.Count != destination.Length || entry.Type is not (TensorType.F16 or TensorType.BF16 or TensorType.F64))
        {
            throw new BellmanException($"Tensor '{name}' in {stream.Name} is {entry.Count} x {entry.Type} where {destination.Length} floating-point numbers are wanted.");
        }
        const int slice = 1 << 14;
        var halves = new ushort[entry.Type == TensorType.F64 ? 0 : slice];
        var doubles = new double[entry.Type == TensorType.F64 ? slice : 0];
        for (var first = 0; first < destination.Length; first += slice)
        {
            var part = destination.Slice(first, Math.Min(slice, destination.Length - first));
            var rest = entry with { Offset = entry.Offset + (long)first * entry.Type.Size() };
            if (entry.Type == TensorType.F64) { ReadElements(rest, doubles.AsSpan(0, part.Length)); }
            else { ReadElements(rest, halves.AsSpan(0, part.Length)); }
            for (var i = 0; i < part.Length; i++)
            {
                part[i] = entry.Type switch
                {
                    TensorType.F64 => (float)doubles[i],
                    TensorType.F16 => (float)BitConverter.UInt16BitsToHalf(halves[i]),
                    _ => BitConverter.UInt32BitsToSingle((uint)halves[i] << 16),
                };
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private void ReadElements<T>(TensorEntry entry, Span<T> destination) where T : unmanaged
    {
        const int slice = 1 << 20;
        try
        {
            stream.Position = entry.Offset;
            for (var first = 0; first < destination.Length; first += slice)
            {
                stream.ReadExactly(MemoryMarshal.AsBytes(destination.Slice(first, Math.Min(slice, destination.Length - first))));
            }
        }
        catch (IOException error)
        {
            throw Invalid($"tensor '{entry.Name}' could not be read ({error.Message})", error);
        }
        // A bool that is neither 0 nor 1 compares unequal to both: never let one in.
        if (entry.Type == TensorType.BOOL && MemoryMarshal.AsBytes(destination).ContainsAnyExceptInRange((byte)0, (byte)1))
        {
            throw Invalid($"tensor '{entry.Name}' is BOOL but holds bytes other than 0 and 1");
        }
    }

    private void ReadHeader()
    {
        if (stream.Length < 8) { throw Invalid($"it has {stream.Length} bytes, fewer than the 8 of the header's length"); }
        var prefix = new byte[8];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LargestHeader) { throw Invalid($"its header claims {length} bytes; at most {LargestHeader} are allowed"); }
        if ((long)length > stream.Length - 8) { throw Invalid($"its header claims {length} bytes but the file ends after {stream.Length - 8}; it is truncated"); }
        var header = new byte[length];
        stream.ReadExactly(header);
        try
        {
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object) { throw Invalid("its header is not a JSON object"); }
            foreach (var property in json.RootElement.EnumerateObject()) { ReadEntry(property, 8 + (long)length); }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Invalid($"its header is malformed ({error.Message})", error);
        }
        RequireWholeCoverage(8 + (long)length);
    }

    private void ReadEntry(JsonProperty property, long dataStart)
    {
        if (property.NameEquals("__metadata__"))
        {
            foreach (var text in property.Value.EnumerateObject()) { metadata[text.Name] = text.Value.GetString() ?? ""; }
            return;
        }
        var name = property.Name;
        var dtype = property.Value.GetProperty("dtype").GetString() ?? "";
        if (!Enum.TryParse<TensorType>(dtype, out var type) || type.ToString() != dtype)
        {
            throw Invalid($"tensor '{name}' has the unknown dtype '{dtype}'; known are {string.Join(", ", Enum.GetNames<TensorType>())}");
        }
        var shape = property.Value.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt64()).ToArray();
        var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) { throw Invalid($"tensor '{name}' has data offsets [{string.Join(", ", offsets)}]; they are a begin and an end from 0 up"); }
        if (offsets[1] > stream.Length - dataStart)
        {
            throw Invalid($"tensor '{name}' ends at byte {offsets[1]} of the data but there are only {stream.Length - dataStart}; the file is truncated or its offsets are out of range");
        }
        var count = (Int128)1;
        foreach (var axis in shape)
        {
            if (axis < 0) { throw Invalid($"tensor '{name}' has the negative length {axis} in its shape"); }
            // Beyond the data's size the product only has to stay large, not exact.
            count = axis == 0 ? 0 : Int128.Min(count * axis, (Int128)long.MaxValue);
        }
        if (count * type.Size() != offsets[1] - offsets[0])
        {
            throw Invalid($"tensor '{name}' of shape [{string.Join(", ", shape)}] and dtype {dtype} does not take the {offsets[1] - offsets[0]} bytes of its offsets");
        }
        entries.Add(name, new TensorEntry(name, type, shape, dataStart + offsets[0], (long)count));
    }

    private void RequireWholeCoverage(long dataStart)
    {
        var expected = dataStart;
        foreach (var entry in entries.Values.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Count))
        {
            if (entry.Offset < expected) { throw Invalid($"tensor '{entry.Name}' overlaps the one before it"); }
            if (entry.Offset > expected) { throw Invalid($"{entry.Offset - expected} bytes before tensor '{entry.Name}' belong to none"); }
            expected += entry.Count * entry.Type.Size();
        }
        if (expected != stream.Length) { throw Invalid($"{stream.Length - expected} bytes at its end belong to no tensor"); }
    }

    private BellmanException Invalid(string problem, Exception? cause = null) =>
        new($"{stream.Name} is not a valid safetensors file: {problem}. Use an intact copy of the file.", cause);
}
