using System.Buffers.Binary;

namespace Bellman.Language.Data;

/// <summary>
/// The structure of a Parquet file's footer (Thrift's compact protocol), walked once before the library reads it: at the end of a footer that
/// does not end its last structure, Parquet.Net 6.1 waits for a number's last byte for ever.
/// </summary>
internal ref struct ParquetFooter(ReadOnlySpan<byte> bytes)
{
    private const int DeepestNesting = 32;
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>Reads the footer of a file that ends with its length and the format's mark; a file without them is left to the library.</summary>
    /// <exception cref="InvalidDataException">The footer ends early or late.</exception>
    public static void Check(Stream file)
    {
        Span<byte> tail = stackalloc byte[8];
        if (file.Length < tail.Length) { return; }
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        var length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (tail[4..].SequenceEqual("PAR1"u8) && length > 0 && length <= file.Length - tail.Length)
        {
            var bytes = new byte[length];
            file.Seek(-tail.Length - length, SeekOrigin.End);
            file.ReadExactly(bytes);
            var footer = new ParquetFooter(bytes);
            footer.Structure(0);
            if (footer.rest.Length > 0) { throw Damaged(); }
        }
        file.Seek(0, SeekOrigin.Begin);
    }

    private void Structure(int depth)
    {
        if (depth > DeepestNesting) { throw Damaged(); }
        while (Take(1)[0] is var header && header != 0)
        {
            if (header >> 4 == 0) { Number(); }
            Value(header & 15, depth, isElement: false);
        }
    }

    private void Value(int type, int depth, bool isElement)
    {
        switch (type)
        {
            case 1 or 2: Take(isElement ? 1u : 0); break;
            case 3: Take(1); break;
            case 4 or 5 or 6: Number(); break;
            case 7: Take(8); break;
            case 8: Take(Number()); break;
            case 9 or 10: List(depth); break;
            case 12: Structure(depth + 1); break;
            default: throw Damaged();
        }
    }

    private void List(int depth)
    {
        var header = Take(1)[0];
        var count = header >> 4 == 15 ? Number() : (ulong)(header >> 4);
        if (count > (ulong)rest.Length) { throw Damaged(); }
        for (var i = 0UL; i < count; i++) { Value(header & 15, depth + 1, isElement: true); }
    }

    private ulong Number()
    {
        var number = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var part = Take(1)[0];
            number |= (ulong)(part & 127) << shift;
            if (part < 128) { return number; }
        }
        throw Damaged();
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)rest.Length) { throw Damaged(); }
        var taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }

    private static InvalidDataException Damaged() => new("Its footer is damaged.");
}
