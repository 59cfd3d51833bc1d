using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

public class VectorEnvironmentTests
{
    private static readonly EnvironmentRegistry Registry = StandardEnvironments.Registry();

    [Theory]
    [InlineData("CartPole-v1")]
    [InlineData("FrozenLake-v1")]
    [InlineData("Blackjack-v1")]
    public void Results_do_not_depend_on_threads(string id) => Assert.Equal(Play(id, 5, 1), Play(id, 5, 2));

    [Fact]
    public void Results_do_not_depend_on_how_many_copies_there_are()
    {
        var (few, many) = (Play("CartPole-v1", 2, 1), Play("CartPole-v1", 7, 2));
        for (var step = 0; step < few.Count; step++) { Assert.Equal(few[step], many[step][..few[step].Length]); }
    }

    [Fact]
    public void A_truncated_episode_keeps_its_final_observation_and_begins_the_next()
    {
        using var environments = Registry.MakeVector("Pendulum-v1", 2);
        using var mirror = Registry.MakeVector("Pendulum-v1", 2);
        foreach (var one in (VectorEnvironment[])[environments, mirror]) { one.Reset(RandomStream.Create(3)); }
        for (var step = 1; step <= 200; step++)
        {
            environments.Step();
            Assert.Equal(step == 200, environments.Truncated[0]);
            Assert.False(environments.Terminated[0]);
        }
        Assert.Equal(200, environments.EpisodeLengths[1]);
        // A copy without the limit shows where the episode stood when it was cut.
        var single = new Pendulum();
        var random = RandomStream.Create(3).Child("environment", 1);
        var observation = new float[3];
        single.Reset(random, observation);
        var total = 0.0;
        for (var step = 0; step < 200; step++) { total += single.Step([0], random, observation).Reward; }
        Assert.Equal(observation, environments.FinalObservation(1).ToArray());
        Assert.Equal(total, environments.EpisodeReturns[1], 9);
        single.Reset(random, observation);
        Assert.Equal(observation, environments.Observation(1).ToArray());
    }

    [Fact]
    public void A_terminated_copy_resets_while_the_others_go_on()
    {
        var made = 0;
        using var environments = new SynchronousVectorEnvironment(() => new ScriptedEnvironment(made++ == 0 ? [1, 1] : [2, 2, 2]), 2);
        environments.Reset(RandomStream.Create(0));
        environments.Step();
        environments.Step();
        Assert.Equal([true, false], environments.Terminated);
        Assert.Equal([0, 2], environments.Observations);
        Assert.Equal(2, environments.FinalObservations[0]);
        Assert.Equal((2.0, 2), (environments.EpisodeReturns[0], environments.EpisodeLengths[0]));
        environments.Step();
        Assert.Equal([1, 0], environments.Observations);
        Assert.Equal(6, environments.EpisodeReturns[1]);
    }

    [Fact]
    public void A_restored_batch_goes_on_as_if_never_saved()
    {
        using var original = Registry.MakeVector("CartPole-v1", 3);
        original.Reset(RandomStream.Create(1));
        Advance(original, 33);
        var state = MemoryState.Save(original);
        var expected = Advance(original, 100);
        using var copy = Registry.MakeVector("CartPole-v1", 3, threads: 2);
        state.Load(copy);
        Assert.Equal(expected, Advance(copy, 100));
    }

    [Fact]
    public void Action_masks_are_written_for_every_copy()
    {
        using var taxis = Registry.MakeVector("Taxi-v3", 3);
        taxis.Reset(RandomStream.Create(0));
        var available = new bool[18];
        Assert.True(taxis.WriteActionMasks(available));
        for (var copy = 0; copy < 3; copy++) { Assert.Contains(true, available[(copy * 6)..(copy * 6 + 6)]); }
        using var poles = Registry.MakeVector("CartPole-v1", 1);
        Assert.False(poles.WriteActionMasks(new bool[2]));
    }

    [Theory]
    [InlineData("Acrobot-v1")]
    [InlineData("CartPole-v1")]
    public void Random_actions_are_valid_and_equally_likely(string id)
    {
        using var environments = Registry.MakeVector(id, 3000);
        environments.SampleActions(RandomStream.Create(3));
        var choices = environments.ActionSpace.FlatSize;
        for (var action = 0; action < choices; action++) { Assert.InRange(environments.Actions.Count(taken => taken == action), 3000 / choices - 150, 3000 / choices + 150); }
    }

    [Fact]
    public void A_failing_copy_on_another_thread_reports_its_own_error()
    {
        using var environments = Registry.MakeVector("CartPole-v1", 4, threads: 2);
        environments.Reset(RandomStream.Create(0));
        environments.Actions[3] = 7;
        Assert.Contains("outside the action space of CartPole-v1", Assert.Throws<BellmanException>(environments.Step).Message, StringComparison.Ordinal);
    }

    private static List<float[]> Play(string id, int copies, int threads)
    {
        using var environments = Registry.MakeVector(id, copies, threads);
        environments.Reset(RandomStream.Create(42));
        return Advance(environments, 250);
    }

    /// <summary>Rows of [reward, ended, observation...] side by side, copy after copy, for each step.</summary>
    private static List<float[]> Advance(VectorEnvironment environments, int steps)
    {
        var seen = new List<float[]>(steps);
        for (var step = 0; step < steps; step++)
        {
            // Actions from the copy's own observation, so that a copy does the same in any company.
            for (var i = 0; i < environments.Count; i++) { environments.Action(i)[0] = environments.Observation(i).ToArray().Sum() > 0 ? 1 : 0; }
            environments.Step();
            seen.Add([.. Enumerable.Range(0, environments.Count).SelectMany(i => (float[])
                [environments.Rewards[i], environments.Terminated[i] ? 1 : environments.Truncated[i] ? 2 : 0, .. environments.Observation(i)])]);
        }
        return seen;
    }
}
