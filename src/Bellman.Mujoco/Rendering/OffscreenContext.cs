using System.Runtime.InteropServices;

namespace Bellman.Mujoco.Rendering;

/// <summary>An OpenGL context without a window: OSMesa, which always draws in software, or EGL without a surface.</summary>
internal abstract unsafe class OffscreenContext
{
    /// <summary>The environment variable that chooses: <c>osmesa</c>, <c>egl</c> or <c>off</c>; without it the first that works.</summary>
    public const string Variable = "BELLMAN_MUJOCO_GL";

    /// <summary>What it is called.</summary>
    public abstract string Name { get; }

    /// <summary>Makes it the calling thread's.</summary>
    public abstract bool Enter();

    /// <summary>Frees it for other threads.</summary>
    public abstract void Leave();

    /// <summary>The context that was asked for, or the first that works; null if none does.</summary>
    /// <param name="wish">The variable's value.</param>
    /// <exception cref="UsageException">There is no such kind.</exception>
    public static OffscreenContext? Create(string? wish) => wish?.ToLowerInvariant() switch
    {
        "off" => null,
        "osmesa" => Osmesa.TryCreate(),
        "egl" => Egl.TryCreate(),
        null or "" => Osmesa.TryCreate() ?? Egl.TryCreate(),
        _ => throw new UsageException($"{Variable} is '{wish}'; it must be osmesa, egl or off, or unset for the first that works."),
    };

    private static bool TryOpen(out nint library, params string[] names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out library)) { return true; }
        }
        library = 0;
        return false;
    }

    private sealed class Osmesa : OffscreenContext
    {
        private const int Rgba = 0x1908, UnsignedByte = 0x1401;

        private readonly delegate* unmanaged[Cdecl]<void*, void*, int, int, int, byte> makeCurrent;
        private readonly void* context;
        // MuJoCo draws into a buffer of its own; OSMesa demands one as well.
        private readonly void* buffer = NativeMemory.AllocZeroed(16 * 16 * 4);

        private Osmesa(nint library, void* context)
        {
            makeCurrent = (delegate* unmanaged[Cdecl]<void*, void*, int, int, int, byte>)NativeLibrary.GetExport(library, "OSMesaMakeCurrent");
            this.context = context;
        }

        public override string Name => "OSMesa";

        public static OffscreenContext? TryCreate()
        {
            if (!TryOpen(out var library, "libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")) { return null; }
            var create = (delegate* unmanaged[Cdecl]<int, int, int, int, void*, void*>)NativeLibrary.GetExport(library, "OSMesaCreateContextExt");
            var context = create(Rgba, 24, 8, 0, null);
            return context is null ? null : new Osmesa(library, context);
        }

        public override bool Enter() => makeCurrent(context, buffer, UnsignedByte, 16, 16) != 0;

        public override void Leave() => makeCurrent(null, null, 0, 0, 0);
    }

    private sealed class Egl : OffscreenContext
    {
        private const int Surfaceless = 0x31DD, None = 0x3038, OpenGl = 0x30A2;

        private readonly delegate* unmanaged[Cdecl]<void*, void*, void*, void*, int> makeCurrent;
        private readonly delegate* unmanaged[Cdecl]<int, int> bindApi;
        private readonly void* display;
        private readonly void* context;

        private Egl(nint library, void* display, void* context)
        {
            makeCurrent = (delegate* unmanaged[Cdecl]<void*, void*, void*, void*, int>)NativeLibrary.GetExport(library, "eglMakeCurrent");
            bindApi = (delegate* unmanaged[Cdecl]<int, int>)NativeLibrary.GetExport(library, "eglBindAPI");
            this.display = display;
            this.context = context;
        }

        public override string Name => "EGL";

        public static OffscreenContext? TryCreate()
        {
            if (!TryOpen(out var library, "libEGL.so.1", "libEGL.so")) { return null; }
            nint Get(string name) => NativeLibrary.GetExport(library, name);
            void* platformDisplay;
            fixed (byte* name = "eglGetPlatformDisplayEXT\0"u8) { platformDisplay = ((delegate* unmanaged[Cdecl]<byte*, void*>)Get("eglGetProcAddress"))(name); }
            if (platformDisplay is null) { return null; }
            var display = ((delegate* unmanaged[Cdecl]<int, void*, int*, void*>)platformDisplay)(Surfaceless, null, null);
            if (display is null || ((delegate* unmanaged[Cdecl]<void*, int*, int*, int>)Get("eglInitialize"))(display, null, null) == 0) { return null; }
            // Surface type pbuffer, renderable type OpenGL, 8 bits red, 24 depth, 8 stencil.
            var wanted = stackalloc int[] { 0x3033, 1, 0x3040, 8, 0x3024, 8, 0x3025, 24, 0x3026, 8, None };
            void* configuration;
            int found;
            if (((delegate* unmanaged[Cdecl]<void*, int*, void**, int, int*, int>)Get("eglChooseConfig"))(display, wanted, &configuration, 1, &found) == 0 || found == 0) { return null; }
            if (((delegate* unmanaged[Cdecl]<int, int>)Get("eglBindAPI"))(OpenGl) == 0) { return null; }
            var context = ((delegate* unmanaged[Cdecl]<void*, void*, void*, int*, void*>)Get("eglCreateContext"))(display, configuration, null, null);
            return context is null ? null : new Egl(library, display, context);
        }

        // Which interface a thread works with is its own; leaving frees the context of that one only.
        public override bool Enter() => bindApi(OpenGl) != 0 && makeCurrent(display, null, null, context) != 0;

        public override void Leave() => makeCurrent(display, null, null, null);
    }
}
