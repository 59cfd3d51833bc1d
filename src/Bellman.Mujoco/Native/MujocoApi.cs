using System.Runtime.InteropServices;
using System.Text;

namespace Bellman.Mujoco;

/// <summary>The functions of libmujoco that are used, under their C names, and where its structures keep what is read and written.</summary>
internal sealed unsafe class MujocoApi
{
    // The parser keeps the last model in a variable of its own: one at a time.
    private readonly Lock parser = new();
    private readonly nint handle;

    public MujocoApi(nint handle)
    {
        this.handle = handle;
        Version = ((delegate* unmanaged[Cdecl]<int>)Get("mj_version"))();
        LoadXml = (delegate* unmanaged[Cdecl]<byte*, void*, byte*, int, void*>)Get("mj_loadXML");
        CopyModel = (delegate* unmanaged[Cdecl]<void*, void*, void*>)Get("mj_copyModel");
        DeleteModel = (delegate* unmanaged[Cdecl]<void*, void>)Get("mj_deleteModel");
        MakeData = (delegate* unmanaged[Cdecl]<void*, void*>)Get("mj_makeData");
        DeleteData = (delegate* unmanaged[Cdecl]<void*, void>)Get("mj_deleteData");
        ResetData = (delegate* unmanaged[Cdecl]<void*, void*, void>)Get("mj_resetData");
        ResetDataKeyframe = (delegate* unmanaged[Cdecl]<void*, void*, int, void>)Get("mj_resetDataKeyframe");
        Step = (delegate* unmanaged[Cdecl]<void*, void*, void>)Get("mj_step");
        Forward = (delegate* unmanaged[Cdecl]<void*, void*, void>)Get("mj_forward");
        Kinematics = (delegate* unmanaged[Cdecl]<void*, void*, void>)Get("mj_kinematics");
        Name2Id = (delegate* unmanaged[Cdecl]<void*, int, byte*, int>)Get("mj_name2id");
        Layout = MujocoLayout.Discover(this);
    }

    public int Version { get; }

    /// <summary>mjModel* mj_loadXML(filename, vfs, error, error size).</summary>
    public delegate* unmanaged[Cdecl]<byte*, void*, byte*, int, void*> LoadXml { get; }

    public delegate* unmanaged[Cdecl]<void*, void*, void*> CopyModel { get; }

    public delegate* unmanaged[Cdecl]<void*, void> DeleteModel { get; }

    public delegate* unmanaged[Cdecl]<void*, void*> MakeData { get; }

    public delegate* unmanaged[Cdecl]<void*, void> DeleteData { get; }

    public delegate* unmanaged[Cdecl]<void*, void*, void> ResetData { get; }

    public delegate* unmanaged[Cdecl]<void*, void*, int, void> ResetDataKeyframe { get; }

    public delegate* unmanaged[Cdecl]<void*, void*, void> Step { get; }

    public delegate* unmanaged[Cdecl]<void*, void*, void> Forward { get; }

    public delegate* unmanaged[Cdecl]<void*, void*, void> Kinematics { get; }

    /// <summary>int mj_name2id(model, type, name): -1 if there is none.</summary>
    public delegate* unmanaged[Cdecl]<void*, int, byte*, int> Name2Id { get; }

    public MujocoLayout Layout { get; }

    /// <summary>The address of a function or variable.</summary>
    /// <exception cref="BellmanException">The library lacks it.</exception>
    public nint Get(string name) => NativeLibrary.TryGetExport(handle, name, out var address) ? address
        : throw new BellmanException($"The MuJoCo library has no function {name}. {MujocoLibrary.Install}");

    /// <summary>Compiles MJCF text.</summary>
    /// <param name="mjcf">The text.</param>
    /// <param name="called">What it is called in messages.</param>
    /// <exception cref="UsageException">It does not compile; the message is MuJoCo's own.</exception>
    public void* CompileText(string mjcf, string called)
    {
        var path = Path.Combine(Path.GetTempPath(), $"bellman-{Guid.NewGuid():n}.xml");
        try
        {
            File.WriteAllText(path, mjcf);
            return CompileFile(path, called);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Compiles the model in a file.</summary>
    /// <exception cref="UsageException">It does not compile; the message is MuJoCo's own.</exception>
    public void* CompileFile(string path, string called)
    {
        const int Room = 1000;
        var error = stackalloc byte[Room];
        error[0] = 0;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            void* model;
            lock (parser) { model = LoadXml(name, null, error, Room); }
            MujocoLibrary.TakeWarning();
            return model is not null ? model
                : throw new UsageException($"{called} does not compile. MuJoCo says: {Marshal.PtrToStringUTF8((nint)error)?.ReplaceLineEndings(" ").Trim()}. Correct the MJCF there.");
        }
    }
}
