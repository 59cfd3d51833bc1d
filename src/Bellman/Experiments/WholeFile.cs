using System.Text;
using Bellman.Runs;

namespace Bellman.Experiments;

/// <summary>A file that appears whole or not at all: temporary name, flush to disk, rename.</summary>
public static class WholeFile
{
    /// <summary>Writes a text, its folder made when missing.</summary>
    /// <inheritdoc cref="Write(string, byte[])"/>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes, their folder made when missing.</summary>
    /// <exception cref="BellmanException">The disk is full or the folder cannot be written; what was there before stays.</exception>
    public static void Write(string path, byte[] content)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".");
            DurableFile.Replace(path, content);
        }
        catch (Exception exception) when (DurableFile.IsFailure(exception))
        {
            throw new BellmanException(
                $"Cannot write {path}: {exception.Message} Free some space or choose a folder that can be written.",
                exception);
        }
    }
}
