using System.Collections.Concurrent;
using System.Text;

namespace Bellman.Mujoco;

/// <summary>A compiled MJCF model. It is only read while simulations run, so any number of them, on any threads, share one.</summary>
public sealed unsafe class MujocoModel
{
    private static readonly ConcurrentDictionary<string, Lazy<MujocoModel>> Texts = new();

    private MujocoModel(MujocoApi api, void* pointer, string? mjcf = null)
    {
        Mjcf = mjcf;
        Api = api;
        Pointer = pointer;
        var counts = (int*)pointer;
        Counts = new ModelCounts(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7]);
        TimeStep = *(double*)((byte*)pointer + api.Layout.TimeStep);
        foreach (var mocap in Read<int>(api.Layout.BodyMocapId, Counts.Bodies)) { MocapCount = Math.Max(MocapCount, mocap + 1); }
    }

    /// <summary>Releases it; simulations keep their model alive.</summary>
    ~MujocoModel() => Api.DeleteModel(Pointer);

    /// <summary>Numbers in qpos, nq.</summary>
    public int PositionCount => Counts.Positions;

    /// <summary>Degrees of freedom: numbers in qvel, nv.</summary>
    public int VelocityCount => Counts.Velocities;

    /// <summary>Actuators, nu.</summary>
    public int ControlCount => Counts.Controls;

    /// <summary>Bodies that are placed from outside instead of by forces.</summary>
    public int MocapCount { get; }

    /// <summary>Seconds that one call of mj_step simulates.</summary>
    public double TimeStep { get; }

    /// <summary>The text that was compiled; null if it came from a file.</summary>
    internal string? Mjcf { get; }

    internal MujocoApi Api { get; }

    internal void* Pointer { get; }

    internal ModelCounts Counts { get; }

    /// <summary>Compiles the model in a file, which may name further files beside it.</summary>
    /// <exception cref="UsageException">There is no such file, or it does not compile: MuJoCo's own message is shown.</exception>
    /// <exception cref="BellmanException">MuJoCo is not installed.</exception>
    public static MujocoModel Load(string path)
    {
        var api = MujocoLibrary.Api;
        return File.Exists(path) ? new(api, api.CompileFile(path, path)) : throw new UsageException($"There is no MJCF file {path}. Name a file that MuJoCo can compile.");
    }

    /// <summary>Compiles MJCF text.</summary>
    /// <exception cref="UsageException">It does not compile: MuJoCo's own message is shown.</exception>
    /// <exception cref="BellmanException">MuJoCo is not installed.</exception>
    public static MujocoModel FromText(string mjcf)
    {
        var api = MujocoLibrary.Api;
        return new(api, api.CompileText(mjcf, "The MJCF text"), mjcf);
    }

    /// <summary>The model of a text, compiled once for the whole process.</summary>
    internal static MujocoModel Shared(string mjcf) => Texts.GetOrAdd(mjcf, text => new Lazy<MujocoModel>(() => FromText(text))).Value;

    /// <summary>The MJCF of a model that comes with Bellman.</summary>
    internal static string Text(string name)
    {
        using var stream = typeof(MujocoModel).Assembly.GetManifestResourceStream($"Bellman.Mujoco.Models.{name}.xml")
            ?? throw new ArgumentException($"There is no model {name}.", nameof(name));
        return new StreamReader(stream).ReadToEnd();
    }

    /// <summary>The lowest and highest valid control of each actuator; unlimited ones have infinite bounds.</summary>
    public Box ControlSpace()
    {
        var ranges = Read<double>(Api.Layout.ControlRange, 2 * ControlCount);
        var (low, high) = (new float[ControlCount], new float[ControlCount]);
        for (var i = 0; i < ControlCount; i++)
        {
            var limited = ranges[2 * i] < ranges[2 * i + 1];
            (low[i], high[i]) = limited ? ((float)ranges[2 * i], (float)ranges[2 * i + 1]) : (float.NegativeInfinity, float.PositiveInfinity);
        }
        return new Box(low, high);
    }

    /// <summary>The index of a named body.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public int Body(string name)
    {
        const int BodyKind = 1;
        return Find(BodyKind, name) is var id and >= 0 ? id : throw new ArgumentException($"The model has no body '{name}'.", nameof(name));
    }

    /// <summary>The index of a named camera, or -1.</summary>
    internal int Camera(string name)
    {
        const int CameraKind = 7;
        return Find(CameraKind, name);
    }

    /// <summary>Which mocap body a body is.</summary>
    internal int Mocap(string body) => Read<int>(Api.Layout.BodyMocapId, Counts.Bodies)[Body(body)] is var id and >= 0 ? id
        : throw new ArgumentException($"The body '{body}' is not a mocap body.", nameof(body));

    /// <summary>The array behind the pointer at an offset; it lives as long as the model.</summary>
    internal ReadOnlySpan<T> Read<T>(int offset, int count) where T : unmanaged => new(*(T**)((byte*)Pointer + offset), count);

    private int Find(int kind, string name)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0')) { return Api.Name2Id(Pointer, kind, text); }
    }
}
