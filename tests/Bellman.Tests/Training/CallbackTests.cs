using Bellman.Runs;
using Bellman.Tests.Cli;
using Bellman.Tests.Runs;
using Xunit;

namespace Bellman.Tests.Training;

/// <summary>The ready-made callbacks, beside one another and across a kill.</summary>
public sealed class CallbackTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Training_ends_at_the_return_and_stays_ended_when_resumed()
    {
        var store = new RunStore(folder.Path);
        using var run = store.Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent();
        var loop = new TrainingLoop(agent, Options(), run, new StopAtReturn(0));
        Assert.Equal(TrainingEnd.Finished, loop.Run(1000, TestContext.Current.CancellationToken));
        Assert.True(loop.Stopped);
        Assert.Equal(203, agent.Steps);
        using var again = new FakeAgent(seed: 9);
        var resumed = new TrainingLoop(again, Options(), run, new StopAtReturn(0));
        resumed.Resume();
        resumed.Run(1000, TestContext.Current.CancellationToken);
        Assert.Equal(203, again.Steps);
    }

    [Fact]
    public void Returns_must_be_reached_as_often_in_a_row_as_was_asked()
    {
        var stop = new StopAtReturn(10, times: 2);
        using var agent = new FakeAgent();
        bool Goes(long evaluatedAt, double value) => stop.Continue(Progress(agent, evaluatedAt, value));
        Assert.True(Goes(-1, double.NaN));
        Assert.True(Goes(100, 12));
        Assert.True(Goes(100, 12));
        Assert.True(Goes(200, 8));
        Assert.True(Goes(300, 10));
        Assert.False(Goes(400, 11));
    }

    [Fact]
    public void Patience_counts_evaluations_without_a_new_best()
    {
        var stop = new StopWithoutImprovement(patience: 2, margin: 0.5);
        using var agent = new FakeAgent();
        bool Goes(long evaluatedAt, double value) => stop.Continue(Progress(agent, evaluatedAt, value));
        Assert.True(Goes(-1, double.NaN));
        Assert.True(Goes(1, 5));
        Assert.True(Goes(2, 5.4));
        Assert.True(Goes(3, 6));
        Assert.True(Goes(4, 6));
        Assert.True(Goes(4, 6));
        Assert.False(Goes(5, 6.2));
    }

    [Fact]
    public void Evaluations_of_ones_own_are_metrics_in_the_same_line()
    {
        using var run = new RunStore(folder.Path).Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent();
        var evaluate = new EvaluateOn("long", () => new SynchronousVectorEnvironment(() => new Corridors(20, 30), 2), every: 300, episodes: 4);
        var lines = new StringWriter();
        new TrainingLoop(agent, Options(), run, evaluate, new ProgressLines(lines, 5)).Run(1000, TestContext.Current.CancellationToken);
        var rows = run.ReadMetrics();
        var measured = rows.Where(row => row.ContainsKey("evaluation/long/mean_return")).ToList();
        Assert.Equal(3, measured.Count);
        Assert.All(measured, row => Assert.InRange(row["evaluation/long/mean_length"], 20, 30));
        Assert.Equal(measured[^1]["evaluation/long/mean_return"], evaluate.Last);
        Assert.Equal(rows.Count, rows.Select(row => row["step"]).Distinct().Count());
        Assert.Equal(5, lines.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Best_agent_is_kept_in_a_folder_of_its_own()
    {
        var path = Path.Combine(folder.Path, "best");
        using var agent = new FakeAgent(stepsAnAdvance: 10);
        var save = new SaveBest(path);
        var loop = new TrainingLoop(agent, Options(), save);
        loop.Run(1000, TestContext.Current.CancellationToken);
        using var kept = new FakeAgent();
        AgentFile.Load(kept, path);
        using var environment = Corridors.Make();
        Assert.Equal(save.Best, Evaluation.Run(kept.Policy, environment, 4, 0, cancellation: TestContext.Current.CancellationToken).MeanReturn);
        Assert.Equal(loop.BestEvaluation, save.Best);
    }

    [Fact]
    public void Callbacks_that_remember_continue_where_they_were()
    {
        var store = new RunStore(folder.Path);
        using var undisturbed = store.Create(Corridors.Configuration(), "");
        using var expected = new FakeAgent();
        new TrainingLoop(expected, Options(), undisturbed, All()).Run(1000, TestContext.Current.CancellationToken);
        using var disturbed = store.Create(Corridors.Configuration(), "");
        using (var first = new FakeAgent())
        {
            using var interruption = new CancellationTokenSource();
            new TrainingLoop(first, Options(), disturbed, [.. All(), new Interrupter(interruption)]).Run(1000, interruption.Token);
        }
        using var second = new FakeAgent(seed: 7);
        var loop = new TrainingLoop(second, Options(), disturbed, All());
        Assert.Equal(406, loop.Resume());
        loop.Run(1000, TestContext.Current.CancellationToken);
        Assert.Equal(expected.Steps, second.Steps);
        Assert.Equal(Measured(undisturbed), Measured(disturbed));
    }

    [Fact]
    public void Wrong_settings_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StopAtReturn(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StopWithoutImprovement(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EvaluateOn("x", Corridors.Make, 0));
    }

    private sealed class Interrupter(CancellationTokenSource source) : ITrainingCallback
    {
        public bool Continue(TrainingProgress progress)
        {
            if (progress.Steps > 400) { source.Cancel(); }
            return true;
        }
    }

    private static ITrainingCallback[] All() => [new StopWithoutImprovement(3), new EvaluateOn("other", Corridors.Make, 130, 3, 5), new StopAtReturn(1e9)];

    private static List<string> Measured(Run run) =>
        [.. run.ReadMetrics().Where(row => row.ContainsKey("evaluation/other/mean_return")).Select(row => $"{row["step"]}: {row["evaluation/other/mean_return"]:R}")];

    private static TrainingLoopOptions Options() => new()
    {
        LogEvery = 50,
        CheckpointEvery = 100,
        EvaluateEvery = 200,
        EvaluationEpisodes = 4,
        EvaluationEnvironment = Corridors.Make,
    };

    private static TrainingProgress Progress(IAgent agent, long evaluatedAt, double value) => new(evaluatedAt, 1000, 0, 0, value, value, 1)
    {
        EvaluatedAt = evaluatedAt,
        Agent = agent,
        Metrics = new MetricLog(),
    };
}
