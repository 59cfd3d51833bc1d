using System.Buffers.Binary;
using System.Text;

namespace Bellman.Neural;

/// <summary>
/// The version-need table of a 64-bit little-endian ELF library: which symbol versions it demands of others. Marking
/// a demand weak (VER_FLG_WEAK, value 2) makes the dynamic loader accept a library that lacks that version.
/// </summary>
/// <remarks>System V ABI and "Linux Standard Base Core Specification 5.0", section 10.7.</remarks>
internal static class ElfVersionNeeds
{
    private const uint VersionNeedSection = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>Whether the library demands this version and the demand is not weak yet.</summary>
    /// <exception cref="BadImageFormatException">Not a 64-bit little-endian ELF file, or truncated.</exception>
    public static bool Demands(ReadOnlySpan<byte> image, string version) => FindFlags(image, version) is { } at && (UInt16(image, at) & Weak) == 0;

    /// <summary>A copy in which the demand for this version is weak; equal to the original when there is none.</summary>
    /// <exception cref="BadImageFormatException">Not a 64-bit little-endian ELF file, or truncated.</exception>
    public static byte[] MarkWeak(ReadOnlySpan<byte> image, string version)
    {
        var copy = image.ToArray();
        if (FindFlags(image, version) is { } at)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(at), (ushort)(UInt16(image, at) | Weak));
        }
        return copy;
    }

    /// <summary>The file offset of the flags (vna_flags) of the entry for this version.</summary>
    private static int? FindFlags(ReadOnlySpan<byte> image, string version)
    {
        if (image.Length < 64 || !image[..6].SequenceEqual<byte>([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new BadImageFormatException("Not a 64-bit little-endian ELF file.");
        }
        var sections = Offset(image, 40);
        int sectionSize = UInt16(image, 58), sectionCount = UInt16(image, 60);
        // The section table is usually the end of the file: checked whole, it shows any truncation.
        _ = Slice(image, sections, sectionSize * sectionCount);
        for (var i = 0; i < sectionCount; i++)
        {
            var section = sections + i * sectionSize;
            if (UInt32(image, section + 4) != VersionNeedSection) { continue; }
            // The section's link names the string table, its info the number of libraries listed.
            var strings = Offset(image, sections + (int)UInt32(image, section + 40) * sectionSize + 24);
            if (FindInTable(image, Offset(image, section + 24), UInt32(image, section + 44), strings, version) is { } found) { return found; }
        }
        return null;
    }

    private static int? FindInTable(ReadOnlySpan<byte> image, int need, uint libraries, int strings, string version)
    {
        for (var library = 0u; library < libraries; library++)
        {
            // Verneed: vn_version, vn_cnt (2 bytes each), vn_file, vn_aux, vn_next (4 bytes each).
            var count = UInt16(image, need + 2);
            var entry = need + (int)UInt32(image, need + 8);
            for (var i = 0; i < count; i++)
            {
                // Vernaux: vna_hash (4), vna_flags, vna_other (2 each), vna_name, vna_next (4 each).
                if (TextEquals(image, strings + (int)UInt32(image, entry + 8), version)) { return entry + 4; }
                entry += (int)UInt32(image, entry + 12);
            }
            need += (int)UInt32(image, need + 12);
        }
        return null;
    }

    private static bool TextEquals(ReadOnlySpan<byte> image, int at, string text)
    {
        var wanted = Encoding.ASCII.GetBytes(text + '\0');
        return Slice(image, at, 1).Length == 1 && image[at..].StartsWith(wanted);
    }

    private static int Offset(ReadOnlySpan<byte> image, int at)
    {
        var value = BinaryPrimitives.ReadUInt64LittleEndian(Slice(image, at, 8));
        return value < (ulong)image.Length ? (int)value : throw Truncated();
    }

    private static uint UInt32(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(image, at, 4));

    private static ushort UInt16(ReadOnlySpan<byte> image, int at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(image, at, 2));

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> image, int at, int length) =>
        at >= 0 && at <= image.Length - length ? image.Slice(at, length) : throw Truncated();

    private static BadImageFormatException Truncated() => new("The ELF file is truncated or damaged: a table lies outside it.");
}
