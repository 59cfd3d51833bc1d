using System.Diagnostics;

namespace Bellman.Cli.Benchmarks;

/// <summary>How long to measure, and what the machine can do.</summary>
/// <param name="Quick">Takes seconds for everything and shows that it runs; the numbers are rough.</param>
/// <param name="Cancellation">Ends the session between two measurements.</param>
internal sealed record BenchmarkSession(bool Quick, CancellationToken Cancellation = default)
{
    /// <summary>The limits, measured when they are first asked for.</summary>
    public MachineLimits Machine => machine ??= new MachineLimits(this);

    private MachineLimits? machine;

    /// <summary>
    /// Seconds of one call of <paramref name="work"/>: the fastest of many short repetitions, because whatever else runs on the
    /// machine only ever adds. Calls before the first that counts let the compiler finish.
    /// </summary>
    public double Seconds(Action work)
    {
        var (warm, budget, repetition) = Quick ? (0.03, 0.03, 0.001) : (0.5, 0.6, 0.002);
        var calls = 1;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var before = clock.Elapsed.TotalSeconds;
            Repeat(work, calls);
            var taken = clock.Elapsed.TotalSeconds - before;
            if (taken < repetition) { calls = (int)Math.Min(1e9, Math.Max(calls + 1, calls * Math.Clamp(1.2 * repetition / Math.Max(taken, 1e-9), 1, 10))); }
            else if (clock.Elapsed.TotalSeconds >= warm) { break; }
            Cancellation.ThrowIfCancellationRequested();
        }
        var fastest = double.PositiveInfinity;
        for (var end = clock.Elapsed.TotalSeconds + budget; clock.Elapsed.TotalSeconds < end;)
        {
            var before = Stopwatch.GetTimestamp();
            Repeat(work, calls);
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(before).TotalSeconds / calls);
            Cancellation.ThrowIfCancellationRequested();
        }
        return fastest;
    }

    private static void Repeat(Action work, int calls)
    {
        for (var i = 0; i < calls; i++) { work(); }
    }
}
