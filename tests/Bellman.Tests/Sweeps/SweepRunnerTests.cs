using Bellman.Algorithms;
using Bellman.Runs;
using Bellman.Sweeps;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Sweeps;

/// <summary>The course of a sweep, with runs that only write down how far they were trained.</summary>
public sealed class SweepRunnerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Better_trials_are_trained_for_longer()
    {
        using var sweep = SweepFolder.Create(folder.Path, "halving", Definition() with { Halving = 3 });
        var trained = new SortedDictionary<string, List<long>>();
        var runner = Runner(sweep, (run, steps) =>
        {
            lock (trained) { (trained.TryGetValue(run.Id, out var list) ? list : trained[run.Id] = []).Add(steps); }
            return Score(run);
        });
        Assert.True(runner.Run(2, (_, _, _) => { }, TestContext.Current.CancellationToken));
        Assert.Equal(9 * 2, trained.Count);
        Assert.Equal(3 * 2, trained.Count(pair => pair.Value.Contains(3_000)));
        var winners = trained.Where(pair => pair.Value.SequenceEqual([1_000, 3_000, 9_000])).Select(pair => pair.Key).ToList();
        var best = runner.Ranking()[0];
        Assert.Equal([sweep.RunName(best.Trial, 0), sweep.RunName(best.Trial, 1)], winners);
        Assert.Equal(Enumerable.Range(0, 9).Max(trial => Score(sweep.OpenRun(trial, 0, new Dictionary<string, string>()).Configuration)), best.Score, 1e-9);
    }

    [Fact]
    public void Stopped_sweep_keeps_what_is_finished_and_continues_with_the_rest()
    {
        using (var sweep = SweepFolder.Create(folder.Path, "s", Definition()))
        {
            using var stop = new CancellationTokenSource();
            var calls = 0;
            var runner = Runner(sweep, (run, _) => { if (++calls == 5) { stop.Cancel(); return null; } return Score(run); });
            Assert.False(runner.Run(1, (_, _, _) => { }, stop.Token));
            Assert.True(runner.Ranking().Count < 9);
        }
        using var again = SweepFolder.Open(folder.Path, "latest");
        var more = 0;
        var rest = Runner(again, (run, _) => { more++; return Score(run); });
        Assert.True(rest.Run(1, (_, _, _) => { }, TestContext.Current.CancellationToken));
        Assert.Equal(9 * 2 - 4, more);
        Assert.Equal(9, rest.Ranking().Count);
    }

    [Fact]
    public void Diverged_trial_is_ranked_last_and_the_others_go_on()
    {
        using var sweep = SweepFolder.Create(folder.Path, "s", Definition() with { Halving = 3 });
        var runner = Runner(sweep, (run, _) => run.Id.StartsWith("trial-004-s4", StringComparison.Ordinal) ? throw new DivergedTrainingException("loss/policy is NaN") : Score(run));
        Assert.True(runner.Run(2, (_, _, _) => { }, TestContext.Current.CancellationToken));
        Assert.Equal(4, runner.Ranking()[^1].Trial);
        SweepReport.Write(sweep, runner.Space, runner.Ranking());
        var report = File.ReadAllText(Path.Combine(sweep.Folder, "sweep.md"));
        Assert.Contains("Trial 4 failed: loss/policy is NaN", report, StringComparison.Ordinal);
        var lines = File.ReadAllLines(Path.Combine(sweep.Folder, "sweep.csv"));
        Assert.Equal(1 + 9 * 2, lines.Length);
        Assert.StartsWith("rank,trial,seed,run,steps,best,last,failure,", lines[0], StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(sweep.Folder, "best.png")));
        Assert.True(File.Exists(Path.Combine(sweep.Folder, "option-learningRate.png")));
    }

    [Fact]
    public void Failure_that_is_not_the_trials_own_ends_the_sweep_and_is_no_result()
    {
        using var sweep = SweepFolder.Create(folder.Path, "s", Definition());
        var runner = Runner(sweep, (_, _) => throw new BellmanException("No space left on device"));
        Assert.Contains("No space", Assert.Throws<BellmanException>(() => runner.Run(2, (_, _, _) => { }, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Empty(runner.Ranking());
    }

    [Fact]
    public void Sweep_is_run_by_one_process_at_a_time_and_never_twice_under_one_name()
    {
        using var sweep = SweepFolder.Create(folder.Path, "s", Definition());
        Assert.Throws<BellmanException>(() => SweepFolder.Open(folder.Path, "s"));
        Assert.Contains("--resume s", Assert.Throws<UsageException>(() => SweepFolder.Create(folder.Path, "s", Definition())).Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean s?", Assert.Throws<UsageException>(() => SweepFolder.Open(folder.Path, "t")).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => SweepFolder.Create(folder.Path, "a/b", Definition()));
    }

    private static SweepDefinition Definition() => new()
    {
        Algorithm = "ppo",
        Environment = "CartPole-v1",
        Steps = 9_000,
        Trials = 9,
        Seeds = 2,
        Seed = 3,
        Set = ["learningRate=log(1e-4,1e-2)", "gamma=0.9|0.99"],
        EvaluateEvery = 1_000,
    };

    private static SweepRunner Runner(SweepFolder sweep, Func<Run, long, double?> train) => new(sweep,
        new SearchSpace(AlgorithmRegistry.Find("ppo").Options, sweep.Definition.Set),
        (run, steps, _) => train(run, steps) is { } score ? (score, score - 1, steps) : null);

    private static double? Score(Run run) => Score(run.Configuration);

    private static double Score(RunConfiguration configuration) => double.Parse(configuration.Options["learningRate"]) * 1e4;
}
