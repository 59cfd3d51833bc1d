using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

public class WrapperTests
{
    [Fact]
    public void Normalized_observations_use_the_statistics_of_everything_seen()
    {
        var wrapped = new NormalizeObservation(new ScriptedEnvironment([0, 0, 0], [[1], [2], [3], [5]]));
        Play.Near([0], wrapped.Reset());
        Play.Near([1], wrapped.Take(0).Observation, 1e-6); // mean 1.5, deviation .5
        Play.Near([1.224745], wrapped.Take(0).Observation, 1e-6); // mean 2, variance 2/3
        Play.Near([(5 - 2.75) / Math.Sqrt(2.1875)], wrapped.Take(0).Observation, 1e-6);
        Assert.Equal(new Box(-10, 10, 1), wrapped.ObservationSpace);
    }

    [Fact]
    public void Frozen_statistics_do_not_change_and_large_values_are_clipped()
    {
        var wrapped = new NormalizeObservation(new ScriptedEnvironment([0, 0, 0], [[1], [2], [100], [-100]]));
        wrapped.Reset();
        wrapped.Take(0);
        wrapped.Frozen = true;
        Assert.Equal(10, wrapped.Take(0).Observation[0]);
        Assert.Equal(-10, wrapped.Take(0).Observation[0]);
        Assert.Equal(2, wrapped.Moments.Count);
    }

    [Fact]
    public void Hidden_components_are_left_out_and_the_rest_stays()
    {
        var wrapped = new SelectObservation(new ScriptedEnvironment([0, 0], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]), 2, 0);
        Play.Near([3, 1], wrapped.Reset());
        Play.Near([6, 4], wrapped.Take(0).Observation);
        Assert.Equal(2, wrapped.ObservationSpace.Size);
        Assert.Contains("from 0 to 2", Assert.Throws<ArgumentException>(() => new SelectObservation(new ScriptedEnvironment([0], [[1, 2, 3], [1, 2, 3]]), 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new SelectObservation(new ScriptedEnvironment([0], [[1], [1]])));
    }

    [Fact] // F62
    public void Normalized_rewards_are_divided_by_the_deviation_of_the_discounted_return()
    {
        var wrapped = new NormalizeReward(new ScriptedEnvironment(1, 0, 2));
        wrapped.Reset();
        Assert.Equal(1, wrapped.Take(0).Result.Reward);
        Assert.Equal(0, wrapped.Take(0).Result.Reward);
        Play.Near(2 / .935794, wrapped.Take(0).Result.Reward, 2e-6);
        Play.Near(.935794, wrapped.Moments.Deviation(0));
        Play.Near((1 + .99 + 2.9801) / 3, wrapped.Moments.Mean[0], 1e-12);
    }

    [Fact]
    public void The_discounted_return_starts_anew_with_each_episode()
    {
        var wrapped = new NormalizeReward(new ScriptedEnvironment(1));
        for (var episode = 0; episode < 3; episode++)
        {
            wrapped.Reset();
            wrapped.Take(0);
        }
        Assert.Equal(1, wrapped.Moments.Mean[0]);
        Assert.Equal(0, wrapped.Moments.Variance(0));
    }

    [Fact]
    public void Frame_stack_shows_the_last_frames_oldest_first()
    {
        var wrapped = new FrameStack(new ScriptedEnvironment([0, 0, 0], [[1, -1], [2, -2], [3, -3], [4, -4]]), 3);
        Assert.Equal([1, -1, 1, -1, 1, -1], wrapped.Reset());
        Assert.Equal([1, -1, 1, -1, 2, -2], wrapped.Take(0).Observation);
        wrapped.Take(0);
        Assert.Equal([2, -2, 3, -3, 4, -4], wrapped.Take(0).Observation);
        Assert.Equal([3, 2], Assert.IsType<Box>(wrapped.ObservationSpace).Shape);
    }

    [Fact]
    public void Clipped_actions_reach_the_environment_within_its_bounds()
    {
        var inner = new ScriptedEnvironment([0], [[0], [0]], actionSpace: new Box([-1, 0], [1, 5]));
        var wrapped = new ClipAction(inner);
        Assert.True(wrapped.ActionSpace.Contains([-300, 300]));
        wrapped.Reset();
        wrapped.Take(-300, 300);
        Assert.Equal([-1, 5], inner.LastAction);
    }

    [Fact]
    public void Rescaled_actions_span_the_inner_bounds()
    {
        var inner = new ScriptedEnvironment([0, 0], [[0], [0], [0]], actionSpace: new Box([-2, 0], [2, 10]));
        var wrapped = new RescaleAction(inner);
        wrapped.Reset();
        wrapped.Take(-1, 1);
        Assert.Equal([-2, 10], inner.LastAction);
        wrapped.Take(0.5f, 0);
        Assert.Equal([1, 5], inner.LastAction);
        Assert.Throws<ArgumentException>(() => new RescaleAction(new ClipAction(inner)));
        Assert.Throws<ArgumentException>(() => new RescaleAction(inner, 1, 1));
    }

    [Fact]
    public void Episode_statistics_count_returns_and_lengths()
    {
        var wrapped = new RecordEpisodeStatistics(new ScriptedEnvironment(1, 2, 4), window: 2);
        Assert.True(double.IsNaN(wrapped.MeanReturn) && double.IsNaN(wrapped.LastReturn));
        for (var episode = 0; episode < 3; episode++)
        {
            wrapped.Reset();
            wrapped.Take(0);
            Assert.Equal((1.0, 1), (wrapped.RunningReturn, wrapped.RunningLength));
            wrapped.Take(0);
            wrapped.Take(0);
        }
        Assert.Equal((3L, 7.0, 3, 7.0), (wrapped.Episodes, wrapped.LastReturn, wrapped.LastLength, wrapped.MeanReturn));
    }

    [Fact]
    public void Wrappers_that_need_numbers_refuse_choices_by_name()
    {
        var lake = new FrozenLake();
        Assert.Contains("NormalizeObservation needs observations that are a Box; these are Discrete(16)",
            Assert.Throws<ArgumentException>(() => new NormalizeObservation(lake)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new FrameStack(lake, 2));
        Assert.Throws<ArgumentException>(() => new ClipAction(lake));
    }

    [Fact]
    public void A_restored_stack_of_wrappers_goes_on_as_if_never_saved()
    {
        static IEnvironment Make() => new RecordEpisodeStatistics(new NormalizeReward(new FrameStack(new NormalizeObservation(
            new ClipAction(new RescaleAction(new TimeLimit(new Pendulum(), 30)))), 3)));

        var (random, original) = (RandomStream.Create(3), Make());
        var observation = original.Reset(random);
        Advance(original, random, observation, 47);
        var (state, position) = (MemoryState.Save(original), MemoryState.Save(random));
        var expected = Advance(original, random, observation, 200);

        var (copy, copyRandom) = (Make(), RandomStream.Create(99));
        state.Load(copy);
        position.Load(copyRandom);
        Assert.Equal(expected, Advance(copy, copyRandom, observation, 200));

        static List<(double, float)> Advance(IEnvironment environment, RandomStream random, float[] observation, int steps)
        {
            var seen = new List<(double, float)>();
            var action = new float[1];
            for (var i = 0; i < steps; i++)
            {
                environment.ActionSpace.Sample(random, action);
                var result = environment.Step(action, random, observation);
                if (result.Done) { environment.Reset(random, observation); }
                seen.Add((result.Reward, observation[^1]));
            }
            return seen;
        }
    }

    [Fact]
    public void A_time_limit_truncates_but_leaves_a_termination_alone()
    {
        var limited = new TimeLimit(new ScriptedEnvironment(1, 1, 1), 2);
        limited.Reset();
        Assert.False(limited.Take(0).Result.Done);
        Assert.Equal(new StepResult(1, Truncated: true), limited.Take(0).Result);
        var ended = new TimeLimit(new ScriptedEnvironment(1, 1), 2);
        ended.Reset();
        ended.Take(0);
        Assert.Equal(new StepResult(1, Terminated: true), ended.Take(0).Result);
    }
}
