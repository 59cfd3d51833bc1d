using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class TrainingLoopTests : IDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly TemporaryFolder folder = new();
    private readonly RunStore store;

    public TrainingLoopTests() => store = new RunStore(folder.Path);

    public void Dispose() => folder.Dispose();

    private static TrainingLoopOptions Options(long checkpointEvery = 100) => new()
    {
        LogEvery = 50,
        CheckpointEvery = checkpointEvery,
        EvaluateEvery = 200,
        EvaluationEpisodes = 4,
        EvaluationEnvironment = Corridors.Make,
    };

    [Fact]
    public void Trains_in_memory_without_a_run()
    {
        using var agent = new FakeAgent();
        Assert.Equal(TrainingEnd.Finished, new TrainingLoop(agent).Run(1000, Cancellation));
        Assert.Equal(1001, agent.Steps);
    }

    [Fact]
    public void Checkpoints_and_evaluations_do_not_change_what_is_learned()
    {
        using var plain = new FakeAgent();
        new TrainingLoop(plain).Run(1000, Cancellation);
        foreach (var every in (long[])[10, 300])
        {
            using var agent = new FakeAgent();
            using var run = store.Create(Corridors.Configuration(), "");
            new TrainingLoop(agent, Options(every), run).Run(1000, Cancellation);
            Assert.Equal(plain.Weights, agent.Weights);
        }
    }

    [Theory]
    [InlineData(40)]
    [InlineData(333)]
    [InlineData(850)]
    [InlineData(1000)]
    public void Killed_and_resumed_run_equals_an_undisturbed_one(long killedAfter)
    {
        using var undisturbed = store.Create(Corridors.Configuration(), "");
        using var expected = new FakeAgent();
        var counter = new Counter();
        new TrainingLoop(expected, Options(), undisturbed, counter).Run(1000, Cancellation);

        using var disturbed = store.Create(Corridors.Configuration(), "");
        using (var killed = new FakeAgent())
        {
            Assert.Throws<Killed>(() => new TrainingLoop(new Mortal(killed, killedAfter), Options(), disturbed, new Counter()).Run(1000, Cancellation));
        }
        disturbed.Dispose();

        using var again = store.Open(disturbed.Id);
        using var agent = new FakeAgent(seed: 99);
        var countedAgain = new Counter();
        var loop = new TrainingLoop(new Mortal(agent, long.MaxValue), Options(), again, countedAgain);
        if (loop.Resume() is null)
        {
            // Nothing to continue from: the same run from the start.
            again.Metrics.Restart();
            JsonState.Load(agent, JsonState.Save(new FakeAgent()));
        }
        Assert.Equal(TrainingEnd.Finished, loop.Run(1000, Cancellation));

        Assert.Equal(expected.Weights, agent.Weights);
        Assert.Equal(counter.Calls, countedAgain.Calls);
        Assert.Equal(MetricLogTests.WithoutTime(Path.Combine(undisturbed.Folder, "metrics.jsonl")), MetricLogTests.WithoutTime(Path.Combine(again.Folder, "metrics.jsonl")));
        foreach (var checkpoint in (string[])["step-000000001001", "best"])
        {
            Assert.Equal(AgentBytes(undisturbed, checkpoint), AgentBytes(again, checkpoint));
        }
    }

    [Fact]
    public void Interruption_writes_a_checkpoint_and_says_so()
    {
        using var run = store.Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent();
        using var source = new CancellationTokenSource();
        var end = new TrainingLoop(agent, Options(10_000), run, new Canceller(source)).Run(1000, source.Token);
        Assert.Equal(TrainingEnd.Interrupted, end);
        using var resumed = new FakeAgent(seed: 5);
        Assert.Equal(agent.Steps, run.CheckpointsOf(resumed).RestoreLatest(resumed, TrainingLoop.AgentPart));
        Assert.Equal(agent.Weights, resumed.Weights);
    }

    [Fact]
    public void Loss_that_is_not_finite_stops_training_and_keeps_the_last_good_checkpoint()
    {
        using var run = store.Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent { BreaksAt = 450 };
        var error = Assert.Throws<DivergedTrainingException>(() => new TrainingLoop(agent, Options(), run).Run(1000, Cancellation));
        Assert.Contains("loss/fake is NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains("step 455", error.Message, StringComparison.Ordinal);
        Assert.Contains("step-000000000406", error.Message, StringComparison.Ordinal);
        using var resumed = new FakeAgent();
        Assert.Equal(406, run.CheckpointsOf(resumed).RestoreLatest(resumed, TrainingLoop.AgentPart));
    }

    [Fact]
    public void Full_disk_ends_training_with_the_checkpoint_before_it_intact()
    {
        using var run = store.Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent();
        var callback = new Counter { FullFrom = 300 };
        var error = Assert.Throws<BellmanException>(() => new TrainingLoop(agent, Options(), run, callback).Run(1000, Cancellation));
        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
        callback.FullFrom = long.MaxValue;
        Assert.NotNull(new TrainingLoop(agent, Options(), run, callback).Resume());
        Assert.Equal(203, agent.Steps);
    }

    [Fact]
    public void Callback_ends_training_cleanly()
    {
        using var agent = new FakeAgent();
        Assert.Equal(TrainingEnd.Finished, new TrainingLoop(agent, Options(), new Counter { StopAt = 3 }).Run(1000, Cancellation));
        Assert.Equal(154, agent.Steps);
    }

    [Fact]
    public void Every_step_has_at_most_one_line_when_nothing_is_evaluated()
    {
        using var run = store.Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent(stepsAnAdvance: 10);
        new TrainingLoop(agent, new TrainingLoopOptions { LogEvery = 50, EvaluateEvery = 0 }, run).Run(200, Cancellation);
        Assert.Equal([50.0, 100, 150, 200], run.ReadMetrics().Select(row => row["step"]));
    }

    [Fact]
    public void Last_steps_are_logged_and_evaluated()
    {
        using var run = store.Create(Corridors.Configuration(), "");
        using var agent = new FakeAgent(stepsAnAdvance: 10);
        new TrainingLoop(agent, Options(), run).Run(230, Cancellation);
        var last = run.ReadMetrics()[^1];
        Assert.Equal(230, last["step"]);
        Assert.True(last.ContainsKey("evaluation/mean_return"));
    }

    [Fact]
    public void Wrong_intervals_are_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingLoop(new FakeAgent(), new TrainingLoopOptions { LogEvery = 0 }));

    private static string AgentBytes(Run run, string checkpoint)
    {
        using var agent = new FakeAgent();
        Checkpoint.Read(Path.Combine(run.Folder, "checkpoints", checkpoint), agent, CheckpointSubject.Of(agent, ""), TrainingLoop.AgentPart);
        return JsonState.Save(agent).ToJsonString();
    }

    private sealed class Killed : Exception;

    /// <summary>Ends without warning, as a killed process does.</summary>
    private sealed class Mortal(FakeAgent agent, long diesAfter) : IAgent
    {
        public string Algorithm => agent.Algorithm;
        public long Steps => agent.Steps;
        public Space ObservationSpace => agent.ObservationSpace;
        public Space ActionSpace => agent.ActionSpace;
        public IPolicy Policy => agent.Policy;
        public void Exchange(StateExchange state) => agent.Exchange(state);
        public void Dispose() { }

        public void Advance(IMetricSink metrics)
        {
            if (agent.Steps + 7 > diesAfter) { throw new Killed(); }
            agent.Advance(metrics);
        }
    }

    /// <summary>A callback with state of its own.</summary>
    private sealed class Counter : ITrainingCallback, IStateful
    {
        private int calls;
        private long steps;

        public int Calls => calls;
        public int StopAt { get; init; } = int.MaxValue;
        public long FullFrom { get; set; } = long.MaxValue;

        public bool Continue(TrainingProgress progress)
        {
            steps = progress.Steps;
            return ++calls < StopAt;
        }

        public void Exchange(StateExchange state)
        {
            if (steps >= FullFrom && !state.IsLoading) { throw new IOException("No space left on device"); }
            state.Value(nameof(calls), ref calls);
        }
    }

    private sealed class Canceller(CancellationTokenSource source) : ITrainingCallback
    {
        public bool Continue(TrainingProgress progress)
        {
            if (progress.Steps > 400) { source.Cancel(); }
            return true;
        }
    }
}
