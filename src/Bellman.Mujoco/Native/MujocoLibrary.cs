using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// libmujoco as the system has it: found once, its version and layout checked before anything is computed with it.
/// Version 2.2 is supported (Debian's <c>libmujoco-dev</c> is 2.2.2). <c>BELLMAN_MUJOCO</c> names the file of another place.
/// </summary>
public static unsafe class MujocoLibrary
{
    /// <summary>The environment variable that names the library's file.</summary>
    public const string PathVariable = "BELLMAN_MUJOCO";

    internal const string Install =
        "Install it with 'apt-get install libmujoco-dev' (Debian 12, Ubuntu 23.04 or newer), or set BELLMAN_MUJOCO to the file of a MuJoCo 2.2 library. Everything else in Bellman works without it.";

    // mj_version() of 2.2.0 to 2.2.x; newer releases lay their structures out otherwise and compute other numbers.
    private const int OldestVersion = 220;
    private const int NewestVersion = 229;

    private static readonly Lazy<(MujocoApi? Api, string? Reason)> Loaded = new(() =>
    {
        try
        {
            return (Load(Environment.GetEnvironmentVariable(PathVariable)), null);
        }
        catch (BellmanException failure)
        {
            return (null, failure.Message);
        }
    });

    [ThreadStatic]
    private static string? warning;

    /// <summary>Why MuJoCo cannot be used here, with what to do about it; null if it can.</summary>
    public static string? Unavailable => Loaded.Value.Reason;

    /// <summary>The library's version, e.g. 2.2.2.</summary>
    /// <exception cref="BellmanException">MuJoCo cannot be used.</exception>
    public static string Version => Spell(Api.Version);

    /// <summary>The library's functions.</summary>
    /// <exception cref="BellmanException">MuJoCo cannot be used; the message says why and what to install.</exception>
    internal static MujocoApi Api => Loaded.Value.Api ?? throw new BellmanException(Unavailable ?? "");

    /// <summary>What MuJoCo has warned of on this thread since the last call, or null.</summary>
    internal static string? TakeWarning()
    {
        if (warning is null) { return null; }
        var taken = warning;
        warning = null;
        return taken;
    }

    /// <summary>Loads the library from <paramref name="path"/>, or from where the system keeps it.</summary>
    internal static MujocoApi Load(string? path)
    {
        var handle = Open(path);
        if (!NativeLibrary.TryGetExport(handle, "mj_version", out var version))
        {
            throw new BellmanException($"{path ?? "The library found as libmujoco"} is not MuJoCo: it has no function mj_version. {Install}");
        }
        RequireVersion(((delegate* unmanaged[Cdecl]<int>)version)());
        Redirect(handle);
        return new MujocoApi(handle);
    }

    /// <summary>Refuses versions whose structures and numbers are others.</summary>
    internal static void RequireVersion(int version)
    {
        if (version is < OldestVersion or > NewestVersion)
        {
            throw new BellmanException($"The MuJoCo library is version {Spell(version)}; Bellman works with 2.2. {Install}");
        }
    }

    private static nint Open(string? path)
    {
        if (path is not null)
        {
            try
            {
                return NativeLibrary.Load(path);
            }
            catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
            {
                throw new BellmanException($"{PathVariable} is {path}, which could not be loaded ({Reason(failure)}). Name the file of a MuJoCo 2.2 library, or unset the variable to use the system's.", failure);
            }
        }
        string[] names = OperatingSystem.IsWindows() ? ["mujoco.dll"]
            : OperatingSystem.IsMacOS() ? ["libmujoco.2.2.2.dylib", "libmujoco.dylib"]
            : ["libmujoco.so", "libmujoco.so.2.2.2", "libmujoco.so.2.2.1", "libmujoco.so.2.2.0"];
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var handle)) { return handle; }
        }
        throw new BellmanException($"MuJoCo is not installed: {string.Join(", ", names)} was not found. {Install}");
    }

    /// <summary>The loader's own words, which .NET's advice stands before.</summary>
    private static string Reason(Exception failure) => failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];

    /// <summary>MuJoCo's own handlers print, write MUJOCO_LOG.TXT and end the process; ours keep warnings for who stepped.</summary>
    private static void Redirect(nint handle)
    {
        *(delegate* unmanaged[Cdecl]<byte*, void>*)NativeLibrary.GetExport(handle, "mju_user_warning") = &OnWarning;
        *(delegate* unmanaged[Cdecl]<byte*, void>*)NativeLibrary.GetExport(handle, "mju_user_error") = &OnError;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnWarning(byte* message) => warning = Marshal.PtrToStringUTF8((nint)message) ?? "";

    /// <summary>MuJoCo cannot go on after an error and must not return from here: nothing can be thrown through its frames.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(byte* message)
    {
        Console.Error.WriteLine($"MuJoCo stopped with an error: {Marshal.PtrToStringUTF8((nint)message)} If it happened while a picture was drawn, {OffscreenContext.Variable}=off draws without OpenGL.");
        Environment.Exit(3);
    }

    private static string Spell(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 100}.{version / 10 % 10}.{version % 10}");
}
