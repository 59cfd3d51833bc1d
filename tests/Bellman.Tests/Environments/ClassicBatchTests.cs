using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Environments;

/// <summary>The batched classic control tasks against copies of the single ones.</summary>
public class ClassicBatchTests
{
    private static readonly EnvironmentRegistry Registry = StandardEnvironments.Registry();

    public static TheoryData<string> Ids => ["CartPole-v1", "Pendulum-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "CartBalance-v0"];

    // To the last bit: Acrobot is chaotic, and a rounding error grows to radians within an episode.
    [Theory, MemberData(nameof(Ids))]
    public void A_batch_does_what_single_copies_do(string id)
    {
        const int Copies = 11;
        using var batch = Registry.MakeVector(id, Copies);
        using var singles = new SynchronousVectorEnvironment(() => Registry.Make(id), Copies);
        Assert.IsNotType<SynchronousVectorEnvironment>(batch);
        batch.Reset(RandomStream.Create(11));
        singles.Reset(RandomStream.Create(11));
        Assert.Equal(singles.Observations, batch.Observations);
        var random = RandomStream.Create(12);
        var ended = 0;
        for (var step = 0; step < 3000; step++)
        {
            // Long pushes in one direction, so that cars reach the flag and chains the line.
            if (step % 7 == 0) { for (var i = 0; i < Copies; i++) { batch.ActionSpace.Sample(random, batch.Action(i)); } }
            batch.Actions.CopyTo(singles.Actions, 0);
            batch.Step();
            singles.Step();
            Assert.Equal(singles.Terminated, batch.Terminated);
            Assert.Equal(singles.Truncated, batch.Truncated);
            Assert.Equal(singles.EpisodeLengths, batch.EpisodeLengths);
            Assert.Equal(singles.EpisodeReturns, batch.EpisodeReturns);
            Assert.Equal(singles.Observations, batch.Observations);
            Assert.Equal(singles.FinalObservations, batch.FinalObservations);
            Assert.Equal(singles.Rewards, batch.Rewards);
            ended += batch.Terminated.Count(flag => flag) + batch.Truncated.Count(flag => flag);
        }
        Assert.True(ended >= 3 * Copies);
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_copy_does_the_same_to_the_last_bit_in_any_company_and_on_any_threads(string id)
    {
        // 1, 2, 3 and 2,100 copies take registers of one, two, four and eight lanes, where the machine has them.
        var expected = Follow(id, 2100, 1);
        foreach (var (copies, threads) in ((int, int)[])[(1, 1), (2, 1), (3, 1), (9, 1), (2100, 2)]) { Assert.Equal(expected, Follow(id, copies, threads)); }
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_state_saved_by_either_form_is_continued_by_the_other(string id)
    {
        using var batch = Registry.MakeVector(id, 3);
        using var singles = new SynchronousVectorEnvironment(() => Registry.Make(id), 3);
        batch.Reset(RandomStream.Create(1));
        Advance(batch, RandomStream.Create(2), 77);
        var state = MemoryState.Save(batch);
        state.Load(singles);
        var expected = Advance(batch, RandomStream.Create(3), 600);
        Assert.Equal(expected, Advance(singles, RandomStream.Create(3), 600));
        MemoryState.Save(singles).Load(batch);
        Assert.Equal(Advance(singles, RandomStream.Create(4), 600), Advance(batch, RandomStream.Create(4), 600));
        state.Load(batch);
        Assert.Equal(expected, Advance(batch, RandomStream.Create(3), 600));
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_batch_steps_and_begins_episodes_without_allocating(string id)
    {
        using var batch = Registry.MakeVector(id, 20);
        batch.Reset(RandomStream.Create(1));
        Run(50);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(1100);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int steps)
        {
            for (var step = 0; step < steps; step++) { batch.Step(); }
        }
    }

    [Theory]
    [InlineData(2f)]
    [InlineData(-1f)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void An_action_outside_its_space_is_refused_before_any_copy_moves(float action)
    {
        using var batch = Registry.MakeVector("CartPole-v1", 9);
        batch.Reset(RandomStream.Create(0));
        var before = batch.Observations.ToArray();
        batch.Actions[8] = action;
        var error = Assert.Throws<BellmanException>(batch.Step);
        Assert.Contains("outside the action space of CartPole-v1", error.Message, StringComparison.Ordinal);
        Assert.Contains("Discrete(2)", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, batch.Observations);
        batch.Actions[8] = 1;
        batch.Step();
    }

    [Fact]
    public void A_rounding_error_beyond_a_bound_is_clipped_and_more_is_refused()
    {
        using var batch = Registry.MakeVector("MountainCarContinuous-v0", 2);
        batch.Reset(RandomStream.Create(0));
        batch.Actions[1] = 1.0005f;
        batch.Step();
        Assert.Equal(-0.1f, batch.Rewards[1]);
        batch.Actions[1] = 1.1f;
        Assert.Contains("outside [-1, 1]", Assert.Throws<BellmanException>(batch.Step).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_must_be_reset_before_it_steps()
    {
        using var batch = Registry.MakeVector("Acrobot-v1", 1);
        Assert.Contains("before a reset", Assert.Throws<BellmanException>(batch.Step).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restored_speed_that_leaves_single_precision_is_refused_as_the_guard_does()
    {
        using var batch = Registry.MakeVector("CartPole-v1", 3);
        batch.Reset(RandomStream.Create(0));
        var state = MemoryState.Save(batch);
        state.Set("copy1/inner/inner/xDot", 1e300);
        state.Load(batch);
        var error = Assert.Throws<BellmanException>(batch.Step);
        Assert.Contains("component 0 of 4 is", error.Message, StringComparison.Ordinal);
        state.Set("copy1/inner/inner/xDot", double.NaN);
        Assert.Contains("xDot", Assert.Throws<UsageException>(() => state.Load(batch)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_an_environment_without_any_are_refused_in_bulk_too() =>
        Assert.Contains("takes no options", Assert.Throws<UsageException>(() => Registry.MakeVector("CartPole-v1?gravity=1", 2)).Message, StringComparison.Ordinal);

    [Fact]
    public void Sine_and_cosine_of_every_width_are_those_of_the_library_within_a_rounding_error()
    {
        var random = RandomStream.Create(8);
        Check<Lanes512>(random);
        Check<Lanes256>(random);
        Check<Lanes128>(random);
        Check<Lane>(random);
    }

    private static unsafe void Check<TLanes>(RandomStream random) where TLanes : unmanaged, ILanes<TLanes>
    {
        double* angles = stackalloc double[8], sines = stackalloc double[8], cosines = stackalloc double[8];
        for (var round = 0; round < 4000; round++)
        {
            // Up to a million, where they come from polynomials, and sometimes beyond.
            var size = Math.Pow(10, random.NextUniform(-6, round % 50 == 0 ? 9 : 6));
            for (var lane = 0; lane < TLanes.Count; lane++) { angles[lane] = random.NextUniform(-size, size); }
            var (sin, cos) = TLanes.SinCos(TLanes.Load(angles));
            TLanes.Store(sin, sines);
            TLanes.Store(cos, cosines);
            for (var lane = 0; lane < TLanes.Count; lane++)
            {
                var tolerance = 3e-16 + 3e-16 * Math.Abs(angles[lane]) * 1e-4;
                Play.Near(Math.Sin(angles[lane]), sines[lane], tolerance);
                Play.Near(Math.Cos(angles[lane]), cosines[lane], tolerance);
            }
        }
    }

    /// <summary>What the first copy sees.</summary>
    private static List<float[]> Follow(string id, int copies, int threads)
    {
        using var batch = Registry.MakeVector(id, copies, threads);
        batch.Reset(RandomStream.Create(42));
        var seen = new List<float[]>();
        for (var step = 0; step < 300; step++)
        {
            // From the copy's own observation and the time: the same in any company.
            for (var i = 0; i < copies; i++)
            {
                var push = Math.Sin(step * 0.3) + batch.Observation(i)[0] > 0;
                batch.Actions[i] = batch.ActionSpace is Discrete discrete ? push ? discrete.Count - 1 : 0 : push ? 1 : -1;
            }
            batch.Step();
            seen.Add([batch.Rewards[0], batch.Terminated[0] ? 1 : batch.Truncated[0] ? 2 : 0, .. batch.Observation(0)]);
        }
        return seen;
    }

    private static float[] Advance(VectorEnvironment environments, RandomStream random, int steps)
    {
        var seen = new List<float>();
        for (var step = 0; step < steps; step++)
        {
            for (var i = 0; i < environments.Count; i++) { environments.ActionSpace.Sample(random, environments.Action(i)); }
            environments.Step();
            seen.AddRange([.. environments.Rewards, .. environments.Observations]);
        }
        return [.. seen];
    }
}
