using Bellman.Algorithms;
using Bellman.Runs;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms;

public sealed class TransitionCollectorTests
{
    /// <summary>The environment is reset in the same step: storing what it shows then would make every episode end where it began.</summary>
    [Fact]
    public void Transition_at_an_episodes_end_holds_what_the_episode_ended_with()
    {
        var (collector, sink, environment) = Collect(new ScriptedEnvironment(1, 2, 3), copies: 1);
        using (environment)
        using (var log = new MetricLog())
        {
            for (var i = 0; i < 4; i++)
            {
                environment.Actions[0] = i % 2;
                collector.Step([10 + i], log);
            }
            Assert.Equal(4, collector.Steps);
            Assert.Equal(["0: 0 -10-> 1, 1", "0: 1 -11-> 2, 2", "0: 2 -12-> 3, 3 terminated", "0: 0 -13-> 1, 1"], sink.Seen);
        }
    }

    [Fact]
    public void Transition_cut_by_a_time_limit_is_truncated_and_holds_what_followed()
    {
        var (collector, sink, environment) = Collect(new TimeLimit(new ScriptedEnvironment(1, 2, 3), 2), copies: 1);
        using (environment)
        using (var log = new MetricLog())
        {
            for (var i = 0; i < 3; i++) { collector.Step([0], log); }
            Assert.Equal(["0: 0 -0-> 1, 1", "0: 1 -0-> 2, 2 truncated", "0: 0 -0-> 1, 1"], sink.Seen);
        }
    }

    /// <summary>Fails when updates are counted per step of the whole vector: three copies would learn a third as often.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 7)]
    public void Updates_are_due_per_environment_step_however_many_copies_there_are(int copies, int every)
    {
        var (collector, _, environment) = Collect(new ScriptedEnvironment(1, 2, 3), copies);
        using (environment)
        using (var log = new MetricLog())
        {
            var updates = 0L;
            while (collector.Steps < 84)
            {
                collector.Step(new float[copies], log);
                updates += collector.UpdatesDue(every);
            }
            Assert.Equal(84 / every, updates);
        }
    }

    private static (TransitionCollector Collector, Recorder Sink, VectorEnvironment Environment) Collect(IEnvironment environment, int copies)
    {
        var vector = new SynchronousVectorEnvironment(() => copies == 1 ? environment : new ScriptedEnvironment(1, 2, 3), copies);
        var sink = new Recorder();
        return (new TransitionCollector(vector, new ObservationEncoder(vector.ObservationSpace, normalize: false), sink, RandomStream.Create(0)), sink, vector);
    }

    private sealed class Recorder : ITransitionSink
    {
        public List<string> Seen { get; } = [];

        public void Add(in Transition transition) => Seen.Add(
            $"{transition.Copy}: {transition.Observation[0]} -{transition.Action[0]}-> {transition.NextObservation[0]}, {transition.Reward}"
            + (transition.Terminated ? " terminated" : "") + (transition.Truncated ? " truncated" : ""));

        public void Exchange(StateExchange state) { }
    }
}
