using Bellman.Neural;
using Bellman.Runs;

namespace Bellman.Cli.Benchmarks;

/// <summary>An off-policy update together with the step that pays for it, on both engines, and how many times the one is as fast as the other.</summary>
/// <param name="algorithm">Its name.</param>
/// <param name="environment">Where it steps.</param>
/// <param name="width">Of two hidden layers.</param>
/// <param name="batch">Transitions.</param>
/// <param name="operations">Of one row of a batch.</param>
/// <param name="threads">Threads that compute the networks of either engine.</param>
/// <param name="target">How many times as fast the SIMD engine should be.</param>
/// <param name="options">Further options.</param>
internal sealed class ReplayUpdateBenchmark(string algorithm, string environment, int width, int batch, double operations, int threads, double? target, params (string, string)[] options) : IBenchmark
{
    private const int Warm = 2_000;

    public string Group => "updates";

    public string Work => $"{algorithm.ToUpperInvariant()}, {width}x{width}, batch {batch}, one step included{(threads == 1 ? "" : $", {threads} threads")}";

    private string Limit => threads == 1 ? "the products alone, on one core" : $"the products alone, on {threads} cores";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        var limit = batch * operations / (threads * session.Machine.ProductRate(batch, width, width));
        var (simd, torch) = (Seconds(session, Engine.Simd), Seconds(session, Engine.Torch));
        yield return new BenchmarkRow(Group, $"{Work}, simd", 1e6 * simd, "us", 1e6 * limit, Limit);
        yield return new BenchmarkRow(Group, $"{Work}, torch", 1e6 * torch, "us", 1e6 * limit, Limit);
        yield return new BenchmarkRow(Group, $"{Work}: simd over torch", torch / simd, "times", torch / limit, Limit)
        {
            Target = target,
            Bound = "activations, sampled actions and Adam, which torch pays too",
        };
    }

    public static IEnumerable<IBenchmark> All()
    {
        // Both networks on s' (double targets), one trained on s.
        var dqn = 2 * NetworkOperations.Forward(4, 128, 2) + NetworkOperations.Training(4, 128, 2);
        yield return new ReplayUpdateBenchmark("dqn", "CartPole-v1", 128, 128, dqn, 1, null, ("initialEpsilon", "0.1"));
        // Actor on s' and trained on s; twin critics: targets on s', trained on s, and carried back to the action for the actor.
        var (actor, critic) = ((Inputs: 3, Outputs: 2), (Inputs: 4, Outputs: 1));
        var sac = NetworkOperations.Forward(actor.Inputs, 256, actor.Outputs) + NetworkOperations.Training(actor.Inputs, 256, actor.Outputs)
            + 2 * (3 * NetworkOperations.Forward(critic.Inputs, 256, critic.Outputs) + NetworkOperations.Training(critic.Inputs, 256, critic.Outputs));
        yield return new ReplayUpdateBenchmark("sac", "Pendulum-v1", 256, 256, sac, 1, 1.5);
        yield return new ReplayUpdateBenchmark("sac", "Pendulum-v1", 256, 256, sac, 2, 1.5, ("threads", "2"));
    }

    private double Seconds(BenchmarkSession session, Engine engine)
    {
        using var agent = UpdateBenchmark.Create(engine, algorithm, environment,
            [("copies", "1"), ("hidden", $"{width},{width}"), ("batchSize", $"{batch}"), ("trainEvery", "1"), ("learningStarts", $"{Warm}"), ("bufferSize", "100000"), .. options]);
        using var metrics = new MetricLog();
        while (agent.Steps <= Warm) { agent.Advance(metrics); }
        return session.Seconds(() => agent.Advance(metrics));
    }
}
