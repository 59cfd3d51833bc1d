using System.Diagnostics;
using Bellman.Algorithms;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli.Benchmarks;

/// <summary>PPO on CartPole-v1 from the first step to the last, in the configuration of CleanRL's ppo.py: speed and what was learnt.</summary>
internal sealed class TrainingBenchmark(int copies, double target) : IBenchmark
{
    private const int Steps = 500_000, QuickSteps = 20_000, Width = 64, Epochs = 4;
    private const double Solved = 475;

    public string Group => "training";

    public string Work => $"PPO, CartPole-v1, {copies} copies x 128 steps, 4 epochs x 4 mini-batches, 64x64, {Steps:N0} steps";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        var (total, seeds) = session.Quick ? (QuickSteps, 1) : (Steps, 5);
        // Nothing is compiled during the first run that counts.
        Train(session, 100, Math.Min(total, 60_000));
        var runs = Enumerable.Range(0, seeds).Select(seed => Train(session, (ulong)seed, total)).ToList();
        var operations = Epochs * (NetworkOperations.Training(4, Width, 2) + NetworkOperations.Training(4, Width, 1)) + NetworkOperations.Forward(4, Width, 2) + NetworkOperations.Forward(4, Width, 1);
        yield return new BenchmarkRow(Group, Work, runs.Max(run => run.StepsPerSecond), "steps/s", session.Machine.ProductRate(32 * copies, Width, Width) / operations, "the products alone, on one core")
        {
            Target = target,
            Bound = "activations, losses row by row and Adam in the updates, then small batches while collecting",
        };
        yield return new BenchmarkRow(Group, $"{Work}: mean return in the last 10% of the steps, mean of {seeds} seeds", runs.Average(run => run.Return), "return", 500, "the time limit")
        {
            Target = session.Quick ? null : Solved,
        };
        yield return new BenchmarkRow(Group, $"{Work}: the same, lowest of {seeds} seeds", runs.Min(run => run.Return), "return", 500, "the time limit");
    }

    private (double StepsPerSecond, double Return) Train(BenchmarkSession session, ulong seed, int total)
    {
        var options = new PpoOptions
        {
            Copies = copies,
            Threads = Math.Min(2, Environment.ProcessorCount),
            RolloutSteps = 128,
            Epochs = Epochs,
            Minibatches = 4,
            Hidden = [Width, Width],
            LearningRate = 2.5e-4,
            ValueClip = 0.2,
        };
        using var agent = new Ppo(AllEnvironments.Registry().MakeVector("CartPole-v1", copies), options, seed, total);
        using var log = new MetricLog();
        var tail = new TailReturns(log, total - total / 10);
        var clock = Stopwatch.StartNew();
        while (agent.Steps < total)
        {
            tail.Steps = agent.Steps;
            agent.Advance(tail);
            session.Cancellation.ThrowIfCancellationRequested();
        }
        return (agent.Steps / clock.Elapsed.TotalSeconds, tail.Mean);
    }

    /// <summary>A log in memory that also averages the episodes that end after a step.</summary>
    private sealed class TailReturns(IMetricSink log, long from) : IMetricSink
    {
        private double sum;
        private long count;

        public long Steps { get; set; }

        public double Mean => count > 0 ? sum / count : 0;

        public void Add(string name, double value) => log.Add(name, value);

        public void Episode(double episodeReturn, int length)
        {
            log.Episode(episodeReturn, length);
            if (Steps < from) { return; }
            sum += episodeReturn;
            count++;
        }
    }

    public static IEnumerable<IBenchmark> All() => [new TrainingBenchmark(4, 240_000), new TrainingBenchmark(8, 330_000)];
}
