using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class NativeLoadingTests
{
    private static string Library => Path.Combine(TorchRuntime.FindNativeFolder() ?? "", TorchRuntime.Bridge);

    [Fact]
    public void Torch_computes_after_loading()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.UseThreads(1);
        using var sum = TorchSharp.torch.ones(3).sum();
        Assert.Equal(3, sum.item<float>());
    }

    [Fact]
    public void Patching_changes_the_flag_of_one_version_and_nothing_else()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are Linux's.");
        var original = File.ReadAllBytes(Library);
        Assert.True(ElfVersionNeeds.Demands(original, TorchRuntime.MissingVersion));
        var patched = ElfVersionNeeds.MarkWeak(original, TorchRuntime.MissingVersion);
        var differences = Enumerable.Range(0, original.Length).Where(i => original[i] != patched[i]).ToArray();
        var at = Assert.Single(differences);
        Assert.Equal(0, original[at]);
        Assert.Equal(2, patched[at]);
        Assert.False(ElfVersionNeeds.Demands(patched, TorchRuntime.MissingVersion));
        Assert.Equal(patched, ElfVersionNeeds.MarkWeak(patched, TorchRuntime.MissingVersion));
    }

    [Fact]
    public void A_version_that_is_not_demanded_changes_nothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are Linux's.");
        var original = File.ReadAllBytes(Library);
        Assert.False(ElfVersionNeeds.Demands(original, "GLIBCXX_9.9"));
        Assert.Equal(original, ElfVersionNeeds.MarkWeak(original, "GLIBCXX_9.9"));
    }

    [Fact]
    public void Other_files_and_truncated_ones_are_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are Linux's.");
        Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.MarkWeak("MZ, not an ELF file"u8, "X"));
        Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.MarkWeak([], "X"));
        var original = File.ReadAllBytes(Library);
        foreach (var length in (int[])[20, 63, 64, 1000, original.Length / 2, original.Length - 200])
        {
            Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.MarkWeak(original.AsSpan(0, length), TorchRuntime.MissingVersion));
        }
    }

    [Fact]
    public void The_copy_is_kept_repaired_when_damaged_and_the_source_never_touched()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are Linux's.");
        var folder = Directory.CreateTempSubdirectory("bellman-test-");
        try
        {
            var before = File.ReadAllBytes(Library);
            var path = PatchedLibrary.Prepare(Library, TorchRuntime.MissingVersion, folder.FullName);
            var written = File.GetLastWriteTimeUtc(path);
            Assert.Equal(path, PatchedLibrary.Prepare(Library, TorchRuntime.MissingVersion, folder.FullName));
            Assert.Equal(written, File.GetLastWriteTimeUtc(path));
            var intact = File.ReadAllBytes(path);
            File.WriteAllBytes(path, intact[..100]);
            PatchedLibrary.Prepare(Library, TorchRuntime.MissingVersion, folder.FullName);
            Assert.Equal(intact, File.ReadAllBytes(path));
            Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path) ?? ""));
            Assert.Equal(before, File.ReadAllBytes(Library));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_cache_that_cannot_be_written_falls_back_to_a_temporary_folder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are Linux's.");
        // A file where the folder should be: refused for every user, even root.
        var file = Path.GetTempFileName();
        try
        {
            var path = PatchedLibrary.Prepare(Library, TorchRuntime.MissingVersion, Path.Combine(file, "cache"));
            Assert.False(ElfVersionNeeds.Demands(File.ReadAllBytes(path), TorchRuntime.MissingVersion));
            Directory.Delete(Path.GetDirectoryName(path) ?? "", recursive: true);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
