using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bellman.Mujoco.Rendering;

/// <summary>
/// MuJoCo's own pictures, drawn off screen by one thread at a time. Each model has an OpenGL context of its own, which stays until the process ends:
/// what MuJoCo sets for one model in a shared context shows in the pictures of the next.
/// </summary>
internal sealed unsafe class SceneRenderer
{
    // Larger than mjvScene, mjrContext, mjvOption and mjvCamera, which only MuJoCo itself reads and writes.
    private const int StructureRoom = 1 << 16;
    private const int Offscreen = 1, FixedCamera = 2, AllGeoms = 7, MostGeoms = 1000, FontScale = 100;

    private static readonly Lock Turn = new();
    private static readonly ConditionalWeakTable<MujocoModel, SceneRenderer> Renderers = [];
    private static readonly Lazy<string?> Kind = new(() => CreateContext()?.Name);

    private readonly OffscreenContext offscreen;
    private readonly MujocoModel model;
    private readonly void* scene = NativeMemory.AllocZeroed(StructureRoom);
    private readonly void* context = NativeMemory.AllocZeroed(StructureRoom);
    private readonly void* option = NativeMemory.AllocZeroed(StructureRoom);
    private readonly void* camera = NativeMemory.AllocZeroed(StructureRoom);
    private readonly Rectangle largest;

    [StructLayout(LayoutKind.Sequential)]
    private record struct Rectangle(int Left, int Bottom, int Width, int Height);

    private SceneRenderer(MujocoModel model, OffscreenContext offscreen)
    {
        (this.model, this.offscreen) = (model, offscreen);
        var api = model.Api;
        ((delegate* unmanaged[Cdecl]<void*, void>)api.Get("mjv_defaultScene"))(scene);
        ((delegate* unmanaged[Cdecl]<void*, void>)api.Get("mjv_defaultOption"))(option);
        ((delegate* unmanaged[Cdecl]<void*, void>)api.Get("mjr_defaultContext"))(context);
        ((delegate* unmanaged[Cdecl]<void*, void*, int, void>)api.Get("mjv_makeScene"))(model.Pointer, scene, MostGeoms);
        ((delegate* unmanaged[Cdecl]<void*, void*, int, void>)api.Get("mjr_makeContext"))(model.Pointer, context, FontScale);
        ((delegate* unmanaged[Cdecl]<int, void*, void>)api.Get("mjr_setBuffer"))(Offscreen, context);
        largest = ((delegate* unmanaged[Cdecl]<void*, Rectangle>)api.Get("mjr_maxViewport"))(context);
        ((delegate* unmanaged[Cdecl]<void*, void*, void>)api.Get("mjv_defaultFreeCamera"))(model.Pointer, camera);
        // mjvCamera begins with its type and the number of a fixed camera.
        if (model.Camera("view") is var view and >= 0) { (((int*)camera)[0], ((int*)camera)[1]) = (FixedCamera, view); }
    }

    /// <summary>What draws: OSMesa or EGL; null where neither works or the user switched it off.</summary>
    public static string? Name
    {
        get { lock (Turn) { return Kind.Value; } }
    }

    /// <summary>The picture, or null where OpenGL is not to be had.</summary>
    public static RgbImage? TryDraw(MujocoSimulation shown, MujocoView view)
    {
        lock (Turn)
        {
            var known = Renderers.TryGetValue(shown.Model, out var renderer);
            if ((known ? renderer?.offscreen : CreateContext()) is not { } offscreen || !offscreen.Enter()) { return null; }
            try
            {
                renderer ??= Renderers.GetValue(shown.Model, model => new SceneRenderer(model, offscreen));
                return renderer.Draw(shown, view);
            }
            finally
            {
                offscreen.Leave();
            }
        }
    }

    private static OffscreenContext? CreateContext() => OffscreenContext.Create(Environment.GetEnvironmentVariable(OffscreenContext.Variable));

    private RgbImage? Draw(MujocoSimulation shown, MujocoView view)
    {
        if (view.Width > largest.Width || view.Height > largest.Height) { return null; }
        var api = model.Api;
        var viewport = new Rectangle(0, 0, view.Width, view.Height);
        ((delegate* unmanaged[Cdecl]<void*, void*, void*, void*, void*, int, void*, void>)api.Get("mjv_updateScene"))(model.Pointer, shown.Data, option, null, camera, AllGeoms, scene);
        ((delegate* unmanaged[Cdecl]<Rectangle, void*, void*, void>)api.Get("mjr_render"))(viewport, scene, context);
        var image = new RgbImage(view.Width, view.Height);
        fixed (byte* pixels = image.Pixels)
        {
            ((delegate* unmanaged[Cdecl]<byte*, float*, Rectangle, void*, void>)api.Get("mjr_readPixels"))(pixels, null, viewport, context);
        }
        Flip(image);
        return image;
    }

    /// <summary>OpenGL counts rows from the bottom.</summary>
    private static void Flip(RgbImage image)
    {
        var stride = 3 * image.Width;
        var row = new byte[stride];
        for (var (top, bottom) = (0, image.Height - 1); top < bottom; (top, bottom) = (top + 1, bottom - 1))
        {
            var upper = image.Pixels.AsSpan(top * stride, stride);
            var lower = image.Pixels.AsSpan(bottom * stride, stride);
            upper.CopyTo(row);
            lower.CopyTo(upper);
            row.CopyTo(lower);
        }
    }
}
