using System.Text;

namespace Bellman.Experiments;

/// <summary>A file that appears whole or not at all: temporary name, flush to disk, rename.</summary>
internal static class WholeFile
{
    internal static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <exception cref="BellmanException">The disk is full or the folder cannot be written; what was there before stays.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".writing";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BellmanException(
                $"Cannot write {path}: {exception.Message} Free some space or choose a folder that can be written.",
                exception);
        }
    }
}
