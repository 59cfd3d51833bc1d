namespace Bellman.Mujoco;

/// <summary>
/// Where mjModel and mjData keep what Bellman reads and writes, in bytes from their beginning. The structures are not
/// part of MuJoCo's stable interface, so no offset is written down here: a small model whose every number is
/// unmistakable is compiled, and each field is the one place that holds its numbers. Two places or none is refused.
/// </summary>
internal sealed unsafe record MujocoLayout
{
    // Numbers that binary fractions hold exactly, so that MJCF text and memory agree to the bit.
    private const string Probe = """
        <mujoco model="probe">
          <compiler angle="radian"/>
          <option timestep="0.001708984375" gravity="0 0 -9.81"/>
          <worldbody>
            <geom type="plane" size="7.5 7.25 0.5" rgba="0.5 0.25 0.125 0.0625" euler="0 0 1.5707963267948966" contype="0" conaffinity="0"/>
            <body mocap="true" pos="8.5 9.5 10.5"><geom type="box" size="0.375 0.4375 0.46875" rgba="1 0 0 1" contype="0" conaffinity="0"/></body>
            <body pos="0 0 2">
              <joint name="x" type="slide" axis="1 0 0"/>
              <geom type="capsule" size="0.125 0.3125" pos="0.75 0 0" euler="0 1.5707963267948966 0" contype="0" conaffinity="0"/>
              <site pos="0 1.75 0"/>
              <body pos="0 3 0">
                <joint name="y" type="slide" axis="0 1 0"/>
                <joint name="z" type="slide" axis="0 0 1"/>
                <geom type="sphere" size="0.1875" pos="0 0 0.875" contype="0" conaffinity="0"/>
                <geom type="cylinder" size="0.15625 0.21875" pos="0 0 -0.625" contype="0" conaffinity="0"/>
              </body>
            </body>
          </worldbody>
          <actuator>
            <motor joint="x" gear="3" ctrllimited="true" ctrlrange="-1.375 1.625"/>
            <general joint="y" gear="5" dyntype="integrator" ctrllimited="true" ctrlrange="-0.875 0.9375"/>
            <general joint="z" gear="7" dyntype="integrator"/>
          </actuator>
          <keyframe>
            <key time="0.8125" qpos="0.28125 0.40625 0.53125" qvel="1.03125 1.15625 1.28125" act="0.65625 0.84375" ctrl="0.71875 0.78125 0.34375"/>
          </keyframe>
        </mujoco>
        """;

    /// <summary>double mjModel.opt.timestep.</summary>
    public required int TimeStep { get; init; }

    /// <summary>int* [bodies]: -1, or which mocap body it is.</summary>
    public required int BodyMocapId { get; init; }

    /// <summary>int* [geoms].</summary>
    public required int GeomType { get; init; }

    /// <summary>double* [geoms, 3].</summary>
    public required int GeomSize { get; init; }

    /// <summary>float* [geoms, 4].</summary>
    public required int GeomRgba { get; init; }

    /// <summary>double* [actuators, 2].</summary>
    public required int ControlRange { get; init; }

    /// <summary>double mjData.time.</summary>
    public required int Time { get; init; }

    /// <summary>double* [nq].</summary>
    public required int Positions { get; init; }

    /// <summary>double* [nv].</summary>
    public required int Velocities { get; init; }

    /// <summary>double* [na].</summary>
    public required int Activations { get; init; }

    /// <summary>double* [nv]: where the constraint solver begins, part of the state. It stands between act and ctrl.</summary>
    public int AccelerationWarmstart => Activations + sizeof(nint);

    /// <summary>double* [nu].</summary>
    public required int Controls { get; init; }

    /// <summary>double* [mocap bodies, 3].</summary>
    public required int MocapPositions { get; init; }

    /// <summary>double* [bodies, 3].</summary>
    public required int BodyPositions { get; init; }

    /// <summary>double* [geoms, 3].</summary>
    public required int GeomPositions { get; init; }

    /// <summary>double* [geoms, 9], row by row.</summary>
    public required int GeomMatrices { get; init; }

    /// <summary>Finds the fields in a compiled probe.</summary>
    /// <exception cref="BellmanException">The library's structures are not understood.</exception>
    public static MujocoLayout Discover(MujocoApi api)
    {
        var compiled = api.CompileText(Probe, "The model that finds MuJoCo's layout");
        var model = NativeStructure.Record(api, () => (nint)api.CopyModel(null, compiled));
        var data = NativeStructure.Record(api, () => (nint)api.MakeData((void*)model.Address));
        try
        {
            return Discover(api, model, data);
        }
        finally
        {
            api.DeleteData((void*)data.Address);
            api.DeleteModel((void*)model.Address);
            api.DeleteModel(compiled);
        }
    }

    private static MujocoLayout Discover(MujocoApi api, NativeStructure model, NativeStructure data)
    {
        var counts = new ReadOnlySpan<int>((void*)model.Address, ModelCounts.Fields);
        if (!counts.SequenceEqual([3, 3, 3, 2, 4, 3, 5, 1])) { throw NativeStructure.NotUnderstood($"the model's counts read {string.Join(", ", counts.ToArray())}"); }
        api.ResetDataKeyframe((void*)model.Address, (void*)data.Address, 0);
        // The state is looked for before anything is computed, which would leave copies of it.
        var (time, mocapPositions) = (data.FindValue("time", 0.8125), data.FindArray<double>("mocap_pos", [8.5, 9.5, 10.5]));
        var (positions, velocities) = (data.FindArray<double>("qpos", [0.28125, 0.40625, 0.53125]), data.FindArray<double>("qvel", [1.03125, 1.15625, 1.28125]));
        var (activations, controls) = (data.FindArray<double>("act", [0.65625, 0.84375]), data.FindArray<double>("ctrl", [0.71875, 0.78125, 0.34375]));
        api.Forward((void*)model.Address, (void*)data.Address);
        MujocoLibrary.TakeWarning();
        var layout = new MujocoLayout
        {
            TimeStep = model.FindValue("opt.timestep", 0.001708984375),
            BodyMocapId = model.FindArray<int>("body_mocapid", [-1, 0, -1, -1]),
            GeomType = model.FindArray<int>("geom_type", [0, 6, 3, 2, 5]),
            GeomSize = model.FindArray<double>("geom_size", [7.5, 7.25, 0.5, 0.375, 0.4375, 0.46875]),
            GeomRgba = model.FindArray<float>("geom_rgba", [0.5f, 0.25f, 0.125f, 0.0625f, 1, 0, 0, 1]),
            ControlRange = model.FindArray<double>("actuator_ctrlrange", [-1.375, 1.625, -0.875, 0.9375]),
            Time = time,
            Positions = positions,
            Velocities = velocities,
            Activations = activations,
            Controls = controls,
            MocapPositions = mocapPositions,
            BodyPositions = data.FindArray<double>("xpos", [0, 0, 0, 8.5, 9.5, 10.5, 0.28125, 0, 2, 0.28125, 3.40625, 2.53125]),
            GeomPositions = data.FindArray<double>("geom_xpos", [0, 0, 0, 8.5, 9.5, 10.5, 1.03125, 0, 2, 0.28125, 3.40625, 3.40625, 0.28125, 3.40625, 1.90625]),
            GeomMatrices = data.FindArray<double>("geom_xmat", [0, -1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, -1, 0, 0]),
        };
        // The state's parts stand side by side: qpos, qvel, act, qacc_warmstart, ctrl. After a forward pass the warm start is qacc, which also stands elsewhere.
        const int Pointer = 8;
        if (velocities != positions + Pointer || activations != velocities + Pointer || controls != layout.AccelerationWarmstart + Pointer
            || data.CountArrays(data.ReadArray(layout.AccelerationWarmstart, 3)) < 2)
        {
            throw NativeStructure.NotUnderstood("qacc_warmstart is not between act and ctrl");
        }
        return layout;
    }
}
