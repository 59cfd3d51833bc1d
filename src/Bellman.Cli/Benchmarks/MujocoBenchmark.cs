using System.Diagnostics;
using Bellman.Mujoco;
using Bellman.Papers;

namespace Bellman.Cli.Benchmarks;

/// <summary>
/// Copies of an environment on MuJoCo beside what libmujoco alone takes: the same actions from the same states in a loop that
/// calls nothing but <c>mj_step</c>. Both take turns, and must end in the same states to the bit.
/// </summary>
internal sealed class MujocoBenchmark(string id, int copies, int threads = 1) : IBenchmark
{
    // Of what libmujoco alone does.
    private const double Share = 0.9;
    private const int StepsOfAPass = 768;

    public string Group => "mujoco";

    public string Work => $"{id}, {copies:N0} {(copies == 1 ? "copy" : "copies")}{(threads == 1 ? "" : $", {threads} threads")}";

    public string? Missing => MujocoLibrary.Unavailable;

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        using var environment = (MujocoVectorEnvironment)AllEnvironments.Registry().MakeVector(id, copies, threads);
        var script = MujocoScript.Record(environment, Math.Max(8, StepsOfAPass / copies));
        using var loop = MujocoLoop.Create(environment.Model, script);
        var (rounds, seconds) = session.Quick ? (1, 0.03) : (8, 0.25);
        var ours = new FastestSteps(script.Steps);
        var alone = double.PositiveInfinity;
        for (var round = 0; round < rounds; round++)
        {
            session.Cancellation.ThrowIfCancellationRequested();
            var (pass, states) = loop.Run(seconds);
            alone = Math.Min(alone, pass);
            Play(environment, script, seconds, ours);
            if (!states.AsSpan().SequenceEqual(environment.AllPositions()))
            {
                throw new BellmanException($"{id} and the loop of mj_step ended the same actions in different states. Nothing was measured; this is an error in Bellman.");
            }
        }
        var rate = threads * script.Steps * copies / alone;
        yield return new BenchmarkRow(Group, Work, script.Steps * copies / ours.Seconds, "steps/s", rate, threads == 1 ? loop.Name : $"{loop.Name}, {threads} times")
        {
            Target = threads == 1 ? Share * rate : null,
            Bound = "observations, rewards and episodes' beginnings",
        };
    }

    /// <summary>Every task with many copies, those that papers use also alone and on two threads.</summary>
    public static IEnumerable<IBenchmark> All()
    {
        foreach (var id in (string[])["InvertedPendulum-v0", "Hopper-v0", "Walker2d-v0", "HalfCheetah-v0"])
        {
            yield return new MujocoBenchmark(id, 1);
            yield return new MujocoBenchmark(id, 16);
        }
        foreach (var id in (string[])["Reacher-v0", "PointMaze-v0", "PlanarPeg-v0"]) { yield return new MujocoBenchmark(id, 16); }
        yield return new MujocoBenchmark("HalfCheetah-v0", 64, 2);
    }

    private static void Play(MujocoVectorEnvironment environment, MujocoScript script, double seconds, FastestSteps fastest)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < seconds;)
        {
            MujocoScript.Begin(environment);
            for (var step = 0; step < script.Steps; step++)
            {
                var start = Stopwatch.GetTimestamp();
                script.Actions(step).CopyTo(environment.Actions);
                environment.Step();
                fastest.Book(step, start);
            }
        }
    }
}

/// <summary>
/// The same steps are played again and again; each counts with its fastest time, because whatever else runs on the machine
/// only ever adds, and a whole pass is rarely left alone.
/// </summary>
internal sealed class FastestSteps
{
    private readonly long[] ticks;

    public FastestSteps(int steps)
    {
        ticks = new long[steps];
        Array.Fill(ticks, long.MaxValue);
    }

    /// <summary>Seconds of a pass.</summary>
    public double Seconds => ticks.Sum(step => (double)step) / Stopwatch.Frequency;

    /// <summary>Books a step that began at a time stamp and ends now.</summary>
    public void Book(int step, long start) => ticks[step] = Math.Min(ticks[step], Stopwatch.GetTimestamp() - start);
}
