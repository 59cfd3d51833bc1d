using System.Security.Cryptography;
using System.Text;

namespace Bellman.Runs;

/// <summary>Writes that are on the disk when they return.</summary>
internal static class DurableFile
{
    /// <summary>
    /// Whether an error is the file system's: no space, no permission, or (which .NET reports as an argument out of range) a
    /// file larger than the file system or a quota allows.
    /// </summary>
    public static bool IsFailure(Exception error) =>
        error is IOException or UnauthorizedAccessException
        // Which method of System.IO it comes from depends on what the compiler has inlined.
        || (error is ArgumentOutOfRangeException && error.TargetSite?.DeclaringType?.Namespace?.StartsWith("System.IO", StringComparison.Ordinal) is true);

    /// <summary>Writes and flushes a file.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        write(stream);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Replaces a text file: temporary name, flush, rename.</summary>
    public static void Replace(string path, string text) => Replace(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Replaces a file: temporary name, flush, rename.</summary>
    public static void Replace(string path, byte[] content)
    {
        var temporary = path + ".writing";
        Write(temporary, stream => stream.Write(content));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>SHA-256 of a file, in hexadecimal.</summary>
    public static string Digest(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
