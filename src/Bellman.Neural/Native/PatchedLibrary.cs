using System.Security.Cryptography;

namespace Bellman.Neural;

/// <summary>
/// A patched copy of a library in the user's cache folder, named after the SHA-256 of its source. The source itself is
/// never written: build outputs are hard links into the package cache, shared with every other project.
/// </summary>
internal static class PatchedLibrary
{
    /// <summary>The cache folder: $XDG_CACHE_HOME/bellman/native or ~/.cache/bellman/native.</summary>
    public static string CacheFolder
    {
        get
        {
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
            {
                cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            }
            return Path.Combine(cache, "bellman", "native");
        }
    }

    /// <summary>Writes the copy unless an intact one is there, and returns its path.</summary>
    /// <param name="source">The package's library.</param>
    /// <param name="version">The symbol version whose demand becomes weak.</param>
    /// <param name="folder">Usually <see cref="CacheFolder"/>; a private temporary folder is used when it cannot be written.</param>
    public static string Prepare(string source, string version, string folder)
    {
        var original = File.ReadAllBytes(source);
        var patched = ElfVersionNeeds.MarkWeak(original, version);
        var digest = Convert.ToHexStringLower(SHA256.HashData(original));
        try
        {
            return Write(patched, Path.Combine(folder, digest), Path.GetFileName(source));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A folder with a fresh name and owner-only rights: nobody else can have prepared its contents.
            return Write(patched, Directory.CreateTempSubdirectory("bellman-native-").FullName, Path.GetFileName(source));
        }
    }

    private static string Write(byte[] content, string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(content)) { return path; }
        Directory.CreateDirectory(folder);
        // Written under another name and renamed, so that a second process never loads half a file.
        var temporary = Path.Combine(folder, $"{name}.{Environment.ProcessId}.{Path.GetRandomFileName()}");
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }
}
