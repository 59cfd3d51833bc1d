using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Training;

public sealed class NonFiniteLossTests
{
    [Fact]
    public void Non_finite_loss_stops_training_and_keeps_the_last_good_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using var run = new RunStore(folder.Path).Create(new RunConfiguration { Algorithm = "breaking", Environment = "none", Steps = 100, Seed = 0 }, "test");
        using var agent = new BreakingAgent(breakAt: 57);
        var loop = new TrainingLoop(agent, new TrainingLoopOptions { CheckpointEvery = 10, LogEvery = 5 }, run);

        var error = Assert.Throws<DivergedTrainingException>(() => loop.Run(100, TestContext.Current.CancellationToken));
        Assert.Equal(3, error.ExitCode);
        Assert.Contains("step 57", error.Message, StringComparison.Ordinal);
        Assert.Contains("loss/policy is NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains("step-000000000050", error.Message, StringComparison.Ordinal);

        using var restored = new BreakingAgent(breakAt: int.MaxValue);
        Assert.Equal(50, run.CheckpointsOf(restored).RestoreLatest(restored, TrainingLoop.AgentPart));
        Assert.Equal(50, restored.Steps);
    }

    /// <summary>Counts, and reports a loss that is not a number once.</summary>
    private sealed class BreakingAgent(long breakAt) : IAgent, IPolicy
    {
        private long steps;

        public string Algorithm => "breaking";

        public long Steps => steps;

        public Space ObservationSpace { get; } = new Discrete(2);

        public Space ActionSpace { get; } = new Discrete(2);

        public IPolicy Policy => this;

        public void Advance(IMetricSink metrics) => metrics.Add("loss/policy", ++steps == breakAt ? double.NaN : 1);

        public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random) => actions.Clear();

        public void Exchange(StateExchange state) => state.Value(nameof(steps), ref steps);

        public void Dispose() { }
    }
}
