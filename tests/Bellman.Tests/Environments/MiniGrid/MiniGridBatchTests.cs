using Bellman.Environments;
using Bellman.Environments.MiniGrid;
using Xunit;

namespace Bellman.Tests.Environments.MiniGrid;

public class MiniGridBatchTests
{
    private static readonly EnvironmentRegistry Registry = StandardEnvironments.Registry();

    public static TheoryData<string> Ids => [.. MiniGridEnvironments.Ids, "MiniGrid-DoorKey-5x5-v0?view=full&encoding=oneHot"];

    [Theory, MemberData(nameof(Ids))]
    public void A_batch_does_what_single_copies_do(string id)
    {
        const int Copies = 5;
        using var batch = Registry.MakeVector(id, Copies);
        using var singles = new SynchronousVectorEnvironment(() => Registry.Make(id), Copies);
        Assert.IsType<MiniGridVectorEnvironment>(batch);
        Assert.Equal(singles.ObservationSpace.ToString(), batch.ObservationSpace.ToString());
        batch.Reset(RandomStream.Create(11));
        singles.Reset(RandomStream.Create(11));
        Assert.Equal(singles.Observations, batch.Observations);
        var random = RandomStream.Create(12);
        for (var step = 0; step < 700; step++)
        {
            for (var i = 0; i < Copies; i++) { batch.Actions[i] = singles.Actions[i] = random.NextInt32(batch.ActionSpace.FlatSize); }
            batch.Step();
            singles.Step();
            Assert.Equal(singles.Observations, batch.Observations);
            Assert.Equal(singles.FinalObservations, batch.FinalObservations);
            Assert.Equal(singles.Rewards, batch.Rewards);
            Assert.Equal(singles.Terminated, batch.Terminated);
            Assert.Equal(singles.Truncated, batch.Truncated);
            Assert.Equal(singles.EpisodeReturns, batch.EpisodeReturns);
            Assert.Equal(singles.EpisodeLengths, batch.EpisodeLengths);
        }
    }

    [Theory]
    [InlineData("MiniGrid-KeyCorridorS3R2-v0")]
    [InlineData("MiniGrid-Dynamic-Obstacles-6x6-v0")]
    [InlineData("MiniGrid-ObstructedMaze-1Dlhb-v0")]
    public void A_restored_batch_goes_on_as_if_never_saved(string id)
    {
        using var original = Registry.MakeVector(id, 3);
        original.Reset(RandomStream.Create(1));
        Advance(original, RandomStream.Create(2), 77);
        var state = MemoryState.Save(original);
        var expected = Advance(original, RandomStream.Create(3), 400);
        using var copy = Registry.MakeVector(id, 3);
        state.Load(copy);
        Assert.Equal(expected, Advance(copy, RandomStream.Create(3), 400));
    }

    [Theory]
    [InlineData("MiniGrid-KeyCorridorS6R3-v0")]
    [InlineData("MiniGrid-MultiRoom-N6-v0")]
    [InlineData("MiniGrid-Dynamic-Obstacles-8x8-v0")]
    public void A_batch_steps_and_begins_episodes_without_allocating(string id)
    {
        using var batch = Registry.MakeVector(id, 8);
        var random = RandomStream.Create(2);
        batch.Reset(random);
        Run(50);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(400);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                for (var i = 0; i < batch.Count; i++) { batch.Actions[i] = random.NextInt32(3); }
                batch.Step();
            }
        }
    }

    [Fact]
    public void An_action_outside_the_space_is_refused_and_says_which_copy()
    {
        using var batch = Registry.MakeVector("MiniGrid-Dynamic-Obstacles-5x5-v0", 2);
        batch.Reset(RandomStream.Create(0));
        batch.Actions[1] = 3;
        Assert.Contains("action 3 of copy 1", Assert.Throws<BellmanException>(batch.Step).Message, StringComparison.Ordinal);
        batch.Actions[1] = float.NaN;
        Assert.Throws<BellmanException>(batch.Step);
    }

    [Fact]
    public void A_batch_must_be_reset_before_it_steps()
    {
        using var batch = Registry.MakeVector("MiniGrid-Empty-5x5-v0", 1);
        Assert.Contains("before a reset", Assert.Throws<BellmanException>(batch.Step).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_that_no_episode_could_hold_is_refused()
    {
        var environment = MiniGridEnvironments.Make("MiniGrid-Empty-5x5-v0");
        environment.Reset();
        var outside = MemoryState.Save(environment);
        outside.SetList("grid/episodes", 99, 1, 0, 8, 8, 0, 0, 0);
        Assert.Contains("the agent at (99, 1)", Assert.Throws<UsageException>(() => outside.Load(environment)).Message, StringComparison.Ordinal);
        var hole = MemoryState.Save(MiniGridEnvironments.Make("MiniGrid-Empty-5x5-v0"));
        hole.SetList("grid/cells", Enumerable.Repeat(GridCell.Empty, 17 * 17).ToArray());
        Assert.Contains("other than walls", Assert.Throws<UsageException>(() => hole.Load(environment)).Message, StringComparison.Ordinal);
    }

    private static List<float[]> Advance(VectorEnvironment environments, RandomStream random, int steps)
    {
        var seen = new List<float[]>(steps);
        for (var step = 0; step < steps; step++)
        {
            for (var i = 0; i < environments.Count; i++) { environments.Actions[i] = random.NextInt32(environments.ActionSpace.FlatSize); }
            environments.Step();
            seen.Add([.. environments.Rewards, .. environments.Observations]);
        }
        return seen;
    }
}
