using System.Runtime.InteropServices;
using TorchSharp;

namespace Bellman.Neural;

/// <summary>
/// Loads libtorch before TorchSharp is first touched. TorchSharp 0.107's own library demands the symbol version
/// GLIBCXX_3.4.32 of the C++ runtime, which Debian 12, Ubuntu 22.04 and RHEL 9 lack. The only symbol behind it
/// (_ZSt21ios_base_library_initv) has no relocation, so it is never called: there a copy is loaded in which this
/// demand is weak. Systems with a newer C++ runtime load the package's file as it is.
/// </summary>
public static class TorchRuntime
{
    internal const string MissingVersion = "GLIBCXX_3.4.32";
    internal const string Bridge = "libLibTorchSharp.so";

    // In the order of their dependencies; the first is named with a hash in the package.
    private static readonly string[] Dependencies = ["libgomp-*.so*", "libc10.so", "libtorch_cpu.so", "libtorch.so"];

    private static readonly Lazy<bool> Loaded = new(Load, LazyThreadSafetyMode.ExecutionAndPublication);

    [ThreadStatic]
    private static int threadsOfThisThread;

    /// <summary>Loads libtorch once; later calls return at once.</summary>
    /// <exception cref="BellmanException">It cannot be loaded: the message names the library, the cause and the cure.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>
    /// Sets how many threads torch's operations may use when called from this thread. OpenMP keeps this number per
    /// calling thread, so each caller sets its own.
    /// </summary>
    public static void UseThreads(int threads)
    {
        EnsureLoaded();
        if (threadsOfThisThread == threads) { return; }
        torch.set_num_threads(threads);
        threadsOfThisThread = threads;
    }

    /// <summary>The folder that holds TorchSharp's native library, or null.</summary>
    internal static string? FindNativeFolder()
    {
        var listed = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return listed.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native"))
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, Bridge)));
    }

    private static bool Load()
    {
        if (OperatingSystem.IsLinux()) { LoadOnLinux(); }
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception failure) when (failure is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw Failure("TorchSharp's native library", failure);
        }
        return true;
    }

    private static void LoadOnLinux()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new BellmanException(
                $"The torch engine has no native library for {RuntimeInformation.ProcessArchitecture} on Linux; use the SIMD engine (--engine simd), which needs none, or an x64 machine.");
        }
        var folder = FindNativeFolder() ?? throw new BellmanException(
            $"{Bridge} is not among the application's files. It comes with the package TorchSharp: restore and build again, and keep the folder runtimes/linux-x64/native beside the program. The SIMD engine (--engine simd) works without it.");
        foreach (var pattern in Dependencies)
        {
            // CUDA builds bring more libraries, which the loader finds beside these; a missing one is reported below.
            foreach (var path in Directory.GetFiles(folder, pattern).Order(StringComparer.Ordinal)) { LoadFile(path); }
        }
        LoadBridge(Path.Combine(folder, Bridge));
    }

    private static void LoadBridge(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException failure) when (failure.Message.Contains(MissingVersion, StringComparison.Ordinal))
        {
            LoadFile(PatchedLibrary.Prepare(path, MissingVersion, PatchedLibrary.CacheFolder));
        }
        catch (DllNotFoundException failure)
        {
            throw Failure(path, failure);
        }
    }

    private static void LoadFile(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
        {
            throw Failure(path, failure);
        }
    }

    private static BellmanException Failure(string library, Exception cause) => new(
        $"{library} could not be loaded: {cause.Message.ReplaceLineEndings(" ").Trim()} "
        + "Check that the packages TorchSharp and libtorch-cpu-linux-x64 (or libtorch-cuda-12.8-linux-x64, built with -p:LibTorch=cuda) are restored whole and that the system has glibc 2.28 or newer and libstdc++ (package libstdc++6). "
        + "The SIMD engine (--engine simd) works without it.",
        cause);
}
