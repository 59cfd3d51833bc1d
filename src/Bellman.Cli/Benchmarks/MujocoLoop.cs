using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Bellman.Mujoco;

namespace Bellman.Cli.Benchmarks;

/// <summary>A loop that plays a script with <c>mj_step</c> and nothing else: a C program where a compiler and MuJoCo's header are there, otherwise its stand-in.</summary>
internal abstract class MujocoLoop : IDisposable
{
    /// <summary>What it is.</summary>
    public abstract string Name { get; }

    /// <summary>Seconds of a pass over the script, each step at its fastest, and qpos of every copy after it.</summary>
    public abstract (double Seconds, double[] Positions) Run(double seconds);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The C program if it can be compiled here.</summary>
    public static MujocoLoop Create(MujocoModel model, MujocoScript script) => Program.TryCompile(model, script) ?? WithoutCompiler(model, script);

    /// <summary>The loop in C#.</summary>
    public static MujocoLoop WithoutCompiler(MujocoModel model, MujocoScript script) => new StandIn(model, script);

    private sealed class Program(string folder) : MujocoLoop
    {
        public override string Name => "mj_step alone in a C loop";

        public static MujocoLoop? TryCompile(MujocoModel model, MujocoScript script)
        {
            var folder = Directory.CreateTempSubdirectory("bellman-mujoco-").FullName;
            using (var source = typeof(MujocoLoop).Assembly.GetManifestResourceStream("Bellman.Cli.Benchmarks.MujocoLoop.c"))
            using (var file = File.Create(Path.Combine(folder, "loop.c")))
            {
                source?.CopyTo(file);
            }
            var library = Environment.GetEnvironmentVariable(MujocoLibrary.PathVariable) ?? "-lmujoco";
            if (!TryRun("cc", out _, "-O2", "-o", Path.Combine(folder, "loop"), Path.Combine(folder, "loop.c"), library))
            {
                Directory.Delete(folder, recursive: true);
                return null;
            }
            File.WriteAllText(Path.Combine(folder, "model.xml"), model.Mjcf);
            File.WriteAllBytes(Path.Combine(folder, "script.bin"), script.Bytes);
            return new Program(folder);
        }

        public override (double Seconds, double[] Positions) Run(double seconds)
        {
            if (!TryRun(Path.Combine(folder, "loop"), out var output, Path.Combine(folder, "model.xml"), Path.Combine(folder, "script.bin"), seconds.ToString(CultureInfo.InvariantCulture)))
            {
                throw new BellmanException($"The C loop of mj_step failed: {output}");
            }
            var numbers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, CultureInfo.InvariantCulture)).ToArray();
            return (numbers[0], numbers[1..]);
        }

        public override void Dispose() => Directory.Delete(folder, recursive: true);

        private static bool TryRun(string program, out string output, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
                if (process is null) { output = ""; return false; }
                var error = process.StandardError.ReadToEndAsync();
                output = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                if (process.ExitCode != 0) { output = error.GetAwaiter().GetResult(); }
                return process.ExitCode == 0;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                output = "";
                return false;
            }
        }
    }

    /// <summary>The C program's loop in C#, calling the same function through a pointer.</summary>
    private sealed unsafe class StandIn(MujocoModel model, MujocoScript script) : MujocoLoop
    {
        private readonly MujocoSimulation[] copies = [.. Enumerable.Range(0, MemoryMarshal.Cast<byte, int>(script.Bytes)[1]).Select(_ => new MujocoSimulation(model))];

        public override string Name => "mj_step alone, without a C compiler called through a pointer";

        public override (double Seconds, double[] Positions) Run(double seconds)
        {
            var heading = MemoryMarshal.Cast<byte, int>(script.Bytes.AsSpan(0, MujocoScript.Heading * sizeof(int)));
            var step = model.Api.Step;
            var fastest = new FastestSteps(heading[0]);
            for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < seconds;)
            {
                var rest = script.Bytes.AsSpan(MujocoScript.Heading * sizeof(int));
                for (var s = 0; s < heading[0]; s++)
                {
                    var start = Stopwatch.GetTimestamp();
                    foreach (var copy in copies)
                    {
                        rest = Begin(copy, rest);
                        rest = Take(rest, copy.Controls);
                        MujocoSimulation.ClearUpperHalves(copy.Time);
                        for (var k = 0; k < heading[2]; k++) { step(model.Pointer, copy.Data); }
                    }
                    fastest.Book(s, start);
                }
                foreach (var copy in copies) { rest = Begin(copy, rest); }
            }
            return (fastest.Seconds, [.. copies.SelectMany(copy => copy.Positions.ToArray())]);
        }

        public override void Dispose()
        {
            foreach (var copy in copies) { copy.Dispose(); }
        }

        private Span<byte> Begin(MujocoSimulation copy, Span<byte> rest)
        {
            var begins = MemoryMarshal.Read<int>(rest) != 0;
            rest = rest[sizeof(int)..];
            if (!begins) { return rest; }
            copy.Reset();
            rest = Take(rest, copy.Positions);
            rest = Take(rest, copy.Velocities);
            for (var mocap = 0; mocap < model.MocapCount; mocap++) { rest = Take(rest, copy.MocapPosition(mocap)); }
            return rest;
        }

        private static Span<byte> Take(Span<byte> from, Span<double> to)
        {
            var bytes = MemoryMarshal.AsBytes(to);
            from[..bytes.Length].CopyTo(bytes);
            return from[bytes.Length..];
        }
    }
}
