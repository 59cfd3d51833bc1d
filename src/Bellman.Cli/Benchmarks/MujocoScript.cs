using System.Runtime.InteropServices;
using Bellman.Mujoco;

namespace Bellman.Cli.Benchmarks;

/// <summary>Random play of a batch, written down so that a loop without our environment can repeat it: who begins where, and every control.</summary>
internal sealed class MujocoScript
{
    private const ulong Seed = 1;

    private readonly float[] actions;
    private readonly int width;

    private MujocoScript(byte[] bytes, float[] actions, int steps)
    {
        (Bytes, Steps, this.actions) = (bytes, steps, actions);
        width = actions.Length / steps;
    }

    /// <summary>As <c>MujocoLoop.c</c> describes it.</summary>
    public byte[] Bytes { get; }

    /// <summary>Steps of each copy.</summary>
    public int Steps { get; }

    /// <summary>Numbers in the heading: steps, copies, frame skip, nq, nv, nu, mocap numbers.</summary>
    public const int Heading = 7;

    /// <summary>[copies, action size] of a step.</summary>
    public ReadOnlySpan<float> Actions(int step) => actions.AsSpan(step * width, width);

    /// <summary>Puts the batch where the script begins.</summary>
    public static void Begin(MujocoVectorEnvironment environment) => environment.Reset(RandomStream.Create(Seed, "bench"));

    /// <summary>Plays and writes down.</summary>
    public static MujocoScript Record(MujocoVectorEnvironment environment, int steps)
    {
        var random = RandomStream.Create(Seed, "bench actions");
        var (bytes, actions) = (new MemoryStream(), new List<float>());
        using var writer = new BinaryWriter(bytes);
        var model = environment.Model;
        foreach (var number in (int[])[steps, environment.Count, environment.FrameSkip, model.PositionCount, model.VelocityCount, model.ControlCount, 3 * model.MocapCount]) { writer.Write(number); }
        Begin(environment);
        var begins = Enumerable.Repeat(true, environment.Count).ToArray();
        for (var step = 0; step <= steps; step++)
        {
            environment.SampleActions(random);
            for (var copy = 0; copy < environment.Count; copy++)
            {
                writer.Write(begins[copy] ? 1 : 0);
                var simulation = environment.Simulation(copy);
                if (begins[copy])
                {
                    writer.Write(MemoryMarshal.AsBytes(simulation.Positions));
                    writer.Write(MemoryMarshal.AsBytes(simulation.Velocities));
                    for (var mocap = 0; mocap < model.MocapCount; mocap++) { writer.Write(MemoryMarshal.AsBytes(simulation.MocapPosition(mocap))); }
                }
                if (step == steps) { continue; }
                foreach (var control in environment.Action(copy)) { writer.Write((double)control); }
            }
            if (step == steps) { break; }
            actions.AddRange(environment.Actions);
            environment.Step();
            for (var copy = 0; copy < environment.Count; copy++) { begins[copy] = environment.Terminated[copy] || environment.Truncated[copy]; }
        }
        writer.Flush();
        return new MujocoScript(bytes.ToArray(), [.. actions], steps);
    }
}
