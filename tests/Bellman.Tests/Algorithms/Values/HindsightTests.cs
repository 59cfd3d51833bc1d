using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms.Values;

public sealed class HindsightTests
{
    private const int Bits = 4;
    private static readonly EnvironmentRegistry Registry = StandardEnvironments.Registry();

    /// <summary>
    /// Every relabelled row is checked against the episode it came from, over three copies whose episodes end apart.
    /// Fails when copies share an episode, or when the goal of the next observation is left as it was.
    /// </summary>
    [Theory]
    [InlineData(HindsightStrategy.Future, 4)]
    [InlineData(HindsightStrategy.Episode, 3)]
    [InlineData(HindsightStrategy.Final, 4)]
    public void Rows_are_relabelled_with_goals_that_their_own_episode_achieved(HindsightStrategy strategy, int goals)
    {
        using var environment = Registry.MakeVector($"BitFlipping-v0?bits={Bits}", 3);
        using var log = new MetricLog();
        var seen = new Recorder();
        var stage = new HindsightReplay(environment, 1, strategy, goals, RandomStream.Create(1), seen);
        var collector = new TransitionCollector(environment, new ObservationEncoder(environment.ObservationSpace, false), stage, RandomStream.Create(2));
        var random = RandomStream.Create(3);
        for (var step = 0; step < 200; step++)
        {
            for (var i = 0; i < 3; i++) { environment.Actions[i] = random.NextInt32(Bits); }
            collector.Step(environment.Actions, log);
        }
        var perStep = strategy == HindsightStrategy.Final ? 1 : goals;
        var checkedRows = 0;
        foreach (var rows in seen.Rows.GroupBy(row => row.Copy))
        {
            var episode = new List<Row>();
            using var replayed = rows.GetEnumerator();
            while (replayed.MoveNext())
            {
                episode.Add(replayed.Current);
                if (!replayed.Current.Done) { continue; }
                for (var step = 0; step < episode.Count; step++)
                {
                    for (var k = 0; k < perStep; k++)
                    {
                        Assert.True(replayed.MoveNext());
                        CheckRelabelled(replayed.Current, episode, step, strategy);
                        checkedRows++;
                    }
                }
                episode.Clear();
            }
        }
        Assert.True(checkedRows > 100 * perStep);
        // Both ends occurred: a goal reached by chance, and a limit.
        Assert.Contains(seen.Rows, row => row.Truncated);
        Assert.Contains(seen.Rows, row => row.Terminated);
    }

    private static void CheckRelabelled(Row row, List<Row> episode, int step, HindsightStrategy strategy)
    {
        var original = episode[step];
        Assert.Equal(original.Before.AsSpan(0, 2 * Bits), row.Before.AsSpan(0, 2 * Bits));
        Assert.Equal(original.After.AsSpan(0, 2 * Bits), row.After.AsSpan(0, 2 * Bits));
        Assert.Equal(original.Action, row.Action);
        var goal = row.After.AsSpan(2 * Bits).ToArray();
        Assert.Equal(goal, row.Before.AsSpan(2 * Bits).ToArray());
        var sources = strategy switch
        {
            HindsightStrategy.Future => episode.Skip(step),
            HindsightStrategy.Episode => episode,
            _ => episode.TakeLast(1),
        };
        Assert.Contains(sources, source => source.After.AsSpan(0, Bits).SequenceEqual(goal));
        var reached = row.After.AsSpan(0, Bits).SequenceEqual(goal);
        Assert.Equal(reached ? 0 : -1, row.Reward);
        Assert.Equal(reached, row.Terminated);
        Assert.Equal(!reached && original.Truncated, row.Truncated);
    }

    [Fact]
    public void The_environment_s_own_reward_is_its_judgement()
    {
        var (environment, random) = (new BitFlipping(new BitFlippingOptions { Bits = 3 }), RandomStream.Create(5));
        var layout = GoalLayout.Of(environment.ObservationSpace);
        var observation = environment.Reset(random);
        for (var step = 0; step < 200; step++)
        {
            var result = environment.Step([random.NextInt32(3)], random, observation);
            var judged = environment.Judge(layout.AchievedOf(observation), layout.DesiredOf(observation));
            Assert.Equal((judged.Reward, judged.Terminated), (result.Reward, result.Terminated));
            if (result.Done) { environment.Reset(random, observation); }
        }
    }

    [Fact]
    public void An_episode_of_n_bits_is_cut_after_n_steps_and_a_start_is_never_the_goal()
    {
        var (environment, random) = (new BitFlipping(new BitFlippingOptions { Bits = 2 }), RandomStream.Create(6));
        for (var episode = 0; episode < 50; episode++)
        {
            var observation = environment.Reset(random);
            Assert.False(observation.AsSpan(0, 2).SequenceEqual(observation.AsSpan(4)));
            // Flipping one bit twice leads nowhere unless the first flip was all there was to do.
            var first = environment.Step([0], random, observation);
            if (first.Terminated) { continue; }
            var second = environment.Step([0], random, observation);
            Assert.Equal((-1.0, false, true), (second.Reward, second.Terminated, second.Truncated));
        }
    }

    [Fact]
    public void Environments_without_goals_are_refused_by_name()
    {
        var message = Assert.Throws<UsageException>(() =>
            new Dqn(Registry.MakeVector("CartPole-v1", 1), new DqnOptions { Hindsight = HindsightStrategy.Future }, 0, 100)).Message;
        Assert.Contains("BitFlipping-v0", message, StringComparison.Ordinal);
        Assert.Contains("hindsight=none", message, StringComparison.Ordinal);
        var both = Assert.Throws<UsageException>(() =>
            new Dqn(Registry.MakeVector("BitFlipping-v0", 1), new DqnOptions { Hindsight = HindsightStrategy.Future, MultiStep = 3 }, 0, 100)).Message;
        Assert.Contains("multiStep is 3", both, StringComparison.Ordinal);
    }

    private sealed record Row(int Copy, float[] Before, float[] Action, float Reward, float[] After, bool Terminated, bool Truncated)
    {
        public bool Done => Terminated || Truncated;
    }

    private sealed class Recorder : ITransitionSink
    {
        public List<Row> Rows { get; } = [];

        public void Add(in Transition transition) => Rows.Add(new Row(
            transition.Copy, transition.Observation.ToArray(), transition.Action.ToArray(), transition.Reward, transition.NextObservation.ToArray(),
            transition.Terminated, transition.Truncated));

        public void Exchange(StateExchange state) { }
    }
}
