using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Bellman.Data;

/// <summary>An array of a NumPy archive: its shape, and its numbers row by row (last axis fastest) whatever order the file has.</summary>
/// <param name="Shape">Length of each axis.</param>
/// <param name="Values">As many numbers as the shape has places; 64-bit integers beyond 2^53 lose their last bits.</param>
public sealed record NumpyArray(IReadOnlyList<int> Shape, double[] Values);

/// <summary>Reads the numeric arrays of <c>.npz</c> archives and <c>.npy</c> files as NumPy writes them (format versions 1 to 3).</summary>
public static partial class NumpyArchive
{
    private static readonly byte[] Magic = [0x93, .. "NUMPY"u8];

    /// <summary>The array called <paramref name="name"/>, or null when the archive has none.</summary>
    /// <param name="path">A <c>.npz</c> file.</param>
    /// <param name="name">Without its extension.</param>
    /// <exception cref="UsageException">The file is missing, is not an archive, or the array is damaged or not numeric.</exception>
    public static NumpyArray? Read(string path, string name)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            if (archive.GetEntry(name + ".npy") is not { } entry) { return null; }
            using var stream = entry.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            return Parse(memory.ToArray(), $"{path}, array {name}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UsageException($"Cannot read {path} as a NumPy archive: {exception.Message} Give a .npz file as numpy.savez writes it.", exception);
        }
    }

    /// <summary>The array called <paramref name="name"/>, which must be there.</summary>
    /// <inheritdoc cref="Read"/>
    public static NumpyArray Require(string path, string name) =>
        Read(path, name) ?? throw new UsageException($"{path} has no array '{name}'. Save it under that name with numpy.savez.");

    /// <summary>An array from the bytes of a <c>.npy</c> file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="UsageException">It is not such a file, is cut short, or its type is not numeric.</exception>
    public static NumpyArray Parse(ReadOnlySpan<byte> bytes, string source)
    {
        if (bytes.Length < 12 || !bytes[..Magic.Length].SequenceEqual(Magic)) { throw new UsageException($"{source} is not in NumPy's format: it does not begin with its mark. Save it with numpy.save or numpy.savez."); }
        // Version 1 keeps the header's length in two bytes, later ones in four.
        var (length, start) = bytes[6] == 1 ? (BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]), 10) : ((int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), 12);
        if (start + length > bytes.Length) { throw new UsageException($"{source} is cut short. Copy the file again."); }
        var header = Encoding.ASCII.GetString(bytes.Slice(start, length));
        var kind = Kind().Match(header).Groups[1].Value;
        int[] shape = [.. Numbers().Matches(Shape().Match(header).Groups[1].Value).Select(match => int.Parse(match.Value, CultureInfo.InvariantCulture))];
        var count = shape.Aggregate(1L, (product, side) => product * side);
        if (SizeOf(kind) is not { } size) { throw new UsageException($"{source} holds numbers of the type '{kind}', which is not read. Save integers or floats, little-endian."); }
        var data = bytes[(start + length)..];
        if (data.Length < count * size) { throw new UsageException($"{source} is cut short: {count} numbers are announced, {data.Length / size} are there. Copy the file again."); }
        var values = new double[count];
        for (var i = 0; i < values.Length; i++) { values[i] = Number(kind, data.Slice(i * size, size)); }
        return new NumpyArray(shape, header.Contains("'fortran_order': True", StringComparison.Ordinal) ? RowsFirst(values, shape) : values);
    }

    private static int? SizeOf(string kind) => kind switch
    {
        "<f8" or "<i8" or "<u8" => 8,
        "<f4" or "<i4" or "<u4" => 4,
        "<i2" or "<u2" => 2,
        "|i1" or "|u1" or "|b1" => 1,
        _ => null,
    };

    private static double Number(string kind, ReadOnlySpan<byte> bytes) => kind switch
    {
        "<f8" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "<f4" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "<i8" => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        "<u8" => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        "<i4" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        "<u4" => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        "<i2" => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        "<u2" => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        "|i1" => (sbyte)bytes[0],
        _ => bytes[0],
    };

    /// <summary>From first axis fastest to last axis fastest.</summary>
    private static double[] RowsFirst(double[] values, int[] shape)
    {
        var ordered = new double[values.Length];
        var place = new int[shape.Length];
        foreach (var value in values)
        {
            var index = 0;
            for (var axis = 0; axis < shape.Length; axis++) { index = index * shape[axis] + place[axis]; }
            ordered[index] = value;
            for (var axis = 0; axis < shape.Length && ++place[axis] == shape[axis]; axis++) { place[axis] = 0; }
        }
        return ordered;
    }

    [GeneratedRegex(@"'descr':\s*'([^']*)'")]
    private static partial Regex Kind();

    [GeneratedRegex(@"'shape':\s*\(([^)]*)\)")]
    private static partial Regex Shape();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();
}
