using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bellman.Mujoco;

/// <summary>
/// One run of a model: mjData. Its state is time, qpos, qvel, act, the warm start of the constraint solver and the mocap
/// positions; everything else MuJoCo computes from these in every step, so that saving and restoring them is exact.
/// </summary>
/// <remarks>The spans lead into MuJoCo's memory and are valid until <see cref="Dispose"/>. One thread at a time may use it.</remarks>
public sealed unsafe class MujocoSimulation : IStateful, IDisposable
{
    private readonly MujocoApi api;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, void> step;
    private readonly void* model;
    private readonly double* positions, velocities, activations, warmstart, controls, mocap;
    private readonly double* time;
    private readonly double[] startPositions, startMocap;
    // Names of the state with managed memory for each part: an exchange cannot reach into MuJoCo's.
    private readonly (string Name, double[] Values)[] parts;
    private void* data;
    private bool broken;

    /// <summary>A run of <paramref name="model"/> from its initial configuration.</summary>
    public MujocoSimulation(MujocoModel model)
    {
        Model = model;
        api = model.Api;
        step = api.Step;
        this.model = model.Pointer;
        data = api.MakeData(model.Pointer);
        if (data is null) { throw new BellmanException("MuJoCo could not allocate its data. Free memory, or lower nstack, njmax and nconmax in the MJCF's <size>."); }
        var layout = api.Layout;
        time = (double*)((byte*)data + layout.Time);
        positions = Array(layout.Positions);
        velocities = Array(layout.Velocities);
        activations = Array(layout.Activations);
        warmstart = Array(layout.AccelerationWarmstart);
        controls = Array(layout.Controls);
        mocap = Array(layout.MocapPositions);
        startPositions = Positions.ToArray();
        startMocap = new ReadOnlySpan<double>(mocap, 3 * model.MocapCount).ToArray();
        parts =
        [
            .. new (string, double[])[]
            {
                ("qpos", new double[model.PositionCount]),
                ("qvel", new double[model.VelocityCount]),
                ("qaccWarmstart", new double[model.VelocityCount]),
                ("act", new double[model.Counts.Activations]),
                ("mocapPositions", new double[3 * model.MocapCount]),
            }.Where(part => part.Item2.Length > 0),
        ];
    }

    /// <summary>Releases it.</summary>
    ~MujocoSimulation() => Release();

    /// <summary>The model that runs.</summary>
    public MujocoModel Model { get; }

    /// <summary>Simulated seconds since the beginning.</summary>
    public double Time => *time;

    /// <summary>qpos, [nq]: metres and radians.</summary>
    public Span<double> Positions => new(positions, Model.PositionCount);

    /// <summary>qvel, [nv]: metres and radians a second.</summary>
    public Span<double> Velocities => new(velocities, Model.VelocityCount);

    /// <summary>ctrl, [nu]: what the actuators are told.</summary>
    public Span<double> Controls => new(controls, Model.ControlCount);

    /// <summary>Where a mocap body is, [3].</summary>
    public Span<double> MocapPosition(int index) => new Span<double>(mocap, 3 * Model.MocapCount).Slice(3 * index, 3);

    /// <summary>Back to the initial configuration at rest.</summary>
    public void Reset()
    {
        // Clearing everything takes longer than several steps; the state alone decides what follows, except after a failure.
        if (broken) { api.ResetData(model, data); }
        broken = false;
        startPositions.CopyTo(Positions);
        startMocap.CopyTo(new Span<double>(mocap, startMocap.Length));
        Velocities.Clear();
        Controls.Clear();
        new Span<double>(activations, Model.Counts.Activations).Clear();
        new Span<double>(warmstart, Model.VelocityCount).Clear();
        *time = 0;
    }

    /// <summary>
    /// Begins at exactly these positions and velocities, with the constraint solver starting cold: what follows depends on
    /// them and the controls alone. Mocap bodies stay where they are.
    /// </summary>
    /// <exception cref="UsageException">The lengths are not the model's, or a number is not finite.</exception>
    public void SetState(ReadOnlySpan<double> newPositions, ReadOnlySpan<double> newVelocities)
    {
        if (newPositions.Length != Model.PositionCount || newVelocities.Length != Model.VelocityCount)
        {
            throw new UsageException($"The state has {newPositions.Length} positions and {newVelocities.Length} velocities; the model has {Model.PositionCount} and {Model.VelocityCount}.");
        }
        RequireFinite("qpos", newPositions);
        RequireFinite("qvel", newVelocities);
        Span<double> places = stackalloc double[3 * Model.MocapCount];
        new Span<double>(mocap, places.Length).CopyTo(places);
        Reset();
        places.CopyTo(new Span<double>(mocap, places.Length));
        newPositions.CopyTo(Positions);
        newVelocities.CopyTo(Velocities);
    }

    /// <summary>Simulates <paramref name="steps"/> time steps under <see cref="Controls"/>.</summary>
    /// <exception cref="BellmanException">The simulation became unstable (numbers that are not finite, or huge); it must be reset.</exception>
    public void Advance(int steps)
    {
        if (data is null || broken) { throw Stopped(); }
        ClearUpperHalves(*time);
        for (var i = 0; i < steps; i++) { step(model, data); }
        if (MujocoLibrary.TakeWarning() is { } warning)
        {
            // MuJoCo goes on from the initial configuration after bad numbers, as if nothing had been.
            broken = true;
            throw new BellmanException($"The simulation of {steps} steps of {Model.TimeStep} s went wrong. MuJoCo says: {warning} Reset it; if it happens again, use smaller actions or a smaller timestep in the MJCF.");
        }
        GC.KeepAlive(this);
    }

    /// <summary>
    /// Compiled C# may leave the upper halves of the vector registers in use; MuJoCo's older instructions then have to
    /// preserve them, which makes mj_step up to 60% slower. A method that works on whole registers clears them when it returns.
    /// </summary>
    /// <returns>Four times <paramref name="value"/>, so that the work cannot be left out.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static double ClearUpperHalves(double value) => Vector256.IsHardwareAccelerated ? Vector256.Sum(Vector256.Create(value)) : 4 * value;

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        var now = *time;
        state.Value("time", ref now);
        RestoredState.RequireFinite(state, "time", now);
        foreach (var (name, values) in parts)
        {
            Memory(name, values.Length).CopyTo(values);
            state.Array<double>(name, values);
            if (state.IsLoading) { RequireFinite(name, values); }
        }
        if (!state.IsLoading) { return; }
        Reset();
        *time = now;
        foreach (var (name, values) in parts) { values.CopyTo(Memory(name, values.Length)); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>mjData, for functions that read all of it.</summary>
    internal void* Data => data is null ? throw Stopped() : data;

    /// <summary>Places bodies and geoms as <paramref name="other"/>'s state has them, without touching it: for pictures.</summary>
    internal void Show(MujocoSimulation other)
    {
        other.Positions.CopyTo(Positions);
        new Span<double>(other.mocap, startMocap.Length).CopyTo(new Span<double>(mocap, startMocap.Length));
        api.Forward(model, data);
        MujocoLibrary.TakeWarning();
    }

    /// <summary>The array behind the pointer at an offset of mjData.</summary>
    internal ReadOnlySpan<double> Read(int offset, int count) => new(Array(offset), count);

    private Span<double> Memory(string name, int count) => new(
        name switch { "qpos" => positions, "qvel" => velocities, "qaccWarmstart" => warmstart, "act" => activations, _ => mocap }, count);

    private double* Array(int offset) => *(double**)((byte*)data + offset);

    private static void RequireFinite(string name, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i])) { throw new UsageException($"The state has {name}[{i}] = {values[i]}; it must be a finite number."); }
        }
    }

    private BellmanException Stopped() => new(data is null ? "This simulation was disposed of. Make a new one." : "This simulation became unstable and was not reset since. Call Reset first.");

    private void Release()
    {
        if (data is not null) { api.DeleteData(data); }
        data = null;
    }
}
