using Bellman.Mujoco;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Mujoco;

/// <summary>Exact states, the batched form, and simulations that go wrong.</summary>
public class MujocoStateTests
{
    private readonly EnvironmentRegistry registry = MujocoRequired.Registry();

    public static TheoryData<string> Ids => [.. MujocoEnvironments.Ids];

    [Theory, MemberData(nameof(Ids))]
    public void What_follows_a_state_that_was_set_depends_on_nothing_before(string id)
    {
        using var used = registry.Make(id).Find<MujocoEnvironment>() ?? throw new InvalidOperationException();
        using var fresh = registry.Make(id).Find<MujocoEnvironment>() ?? throw new InvalidOperationException();
        var random = RandomStream.Create(3);
        fresh.Reset(RandomStream.Create(3));
        used.Reset(random);
        var action = new float[used.ActionSpace.Size];
        for (var step = 0; step < 40; step++)
        {
            used.ActionSpace.Sample(random, action);
            used.Take(random, action);
        }
        var (positions, velocities) = (used.Simulation.Positions.ToArray(), used.Simulation.Velocities.ToArray());
        var (one, other) = (new float[used.ObservationSpace.Size], new float[used.ObservationSpace.Size]);
        used.SetState(positions, velocities, one);
        fresh.SetState(positions, velocities, other);
        Assert.Equal(one, other);
        for (var step = 0; step < 20; step++)
        {
            used.ActionSpace.Sample(random, action);
            Assert.Equal(used.Take(action).Observation, fresh.Take(action).Observation);
        }
        Assert.Equal(used.Simulation.Positions.ToArray(), fresh.Simulation.Positions.ToArray());
    }

    [Fact]
    public void The_warm_start_of_the_solver_is_part_of_the_state()
    {
        using var walker = new Walker2d(new LeggedOptions { TerminateWhenUnhealthy = false });
        var random = RandomStream.Create(5);
        walker.Reset(random);
        for (var step = 0; step < 60; step++) { walker.Take(random, 0.1f, 0, 0.2f, 0, -0.1f, 0); }
        var state = MemoryState.Save(walker);
        using var with = new Walker2d(new LeggedOptions { TerminateWhenUnhealthy = false });
        using var without = new Walker2d(new LeggedOptions { TerminateWhenUnhealthy = false });
        state.Load(with);
        state.Load(without);
        without.SetState(walker.Simulation.Positions, walker.Simulation.Velocities, new float[17]);
        for (var step = 0; step < 10; step++)
        {
            foreach (var body in (Walker2d[])[walker, with, without]) { body.Take(random, 1, 0, 1, 0, -1, 0); }
        }
        Assert.Equal(walker.Simulation.Positions.ToArray(), with.Simulation.Positions.ToArray());
        // On the ground the solver stops within its tolerance of the answer, which end it comes from shows in the last digits.
        Assert.NotEqual(walker.Simulation.Positions.ToArray(), without.Simulation.Positions.ToArray());
        Play.Near(walker.Simulation.Positions.ToArray(), without.Simulation.Positions.ToArray(), 1e-3);
    }

    [Fact]
    public void A_state_that_cannot_be_is_refused_and_nothing_changes()
    {
        using var hopper = new Hopper();
        hopper.Reset();
        var before = hopper.Simulation.Positions.ToArray();
        Assert.Contains("5 positions and 6 velocities; the model has 6 and 6",
            Assert.Throws<UsageException>(() => hopper.SetState(new double[5], new double[6], new float[11])).Message, StringComparison.Ordinal);
        Assert.Contains("qvel[2] = NaN", Assert.Throws<UsageException>(() => hopper.SetState(before, [0, 0, double.NaN, 0, 0, 0], new float[11])).Message, StringComparison.Ordinal);
        var state = MemoryState.Save(hopper);
        state.SetList("qpos", 0, double.PositiveInfinity, 0, 0, 0, 0);
        Assert.Contains("qpos[1]", Assert.Throws<UsageException>(() => state.Load(hopper)).Message, StringComparison.Ordinal);
        Assert.Equal(before, hopper.Simulation.Positions.ToArray());
    }

    [Theory, MemberData(nameof(Ids))]
    public void Batched_copies_do_what_single_ones_do_on_any_number_of_threads(string id)
    {
        const int Copies = 5;
        using var batch = registry.MakeVector(id, Copies);
        using var threaded = registry.MakeVector(id, Copies, threads: 3);
        using var singles = new SynchronousVectorEnvironment(() => registry.Make(id), Copies);
        Assert.IsType<MujocoVectorEnvironment>(batch);
        VectorEnvironment[] all = [batch, threaded, singles];
        foreach (var one in all) { one.Reset(RandomStream.Create(9)); }
        var random = RandomStream.Create(10);
        for (var step = 0; step < 80; step++)
        {
            batch.SampleActions(random);
            foreach (var one in all)
            {
                batch.Actions.CopyTo(one.Actions, 0);
                one.Step();
                Assert.Equal(batch.Observations, one.Observations);
                Assert.Equal(batch.Rewards, one.Rewards);
                Assert.Equal(batch.Terminated, one.Terminated);
                Assert.Equal(batch.EpisodeReturns, one.EpisodeReturns);
            }
            if (step != 40) { continue; }
            // Either form goes on with what the other saved.
            MemoryState.Save(singles).Load(threaded);
            MemoryState.Save(batch).Load(singles);
        }
    }

    [Fact]
    public void A_batch_truncates_at_the_limit_and_keeps_the_final_observation()
    {
        using var batch = registry.MakeVector("Reacher-v0", 2);
        using var single = new Reacher();
        batch.Reset(RandomStream.Create(1));
        var random = RandomStream.Create(1).Child("environment", 1);
        var observation = single.Reset(random);
        for (var step = 1; step <= 50; step++)
        {
            batch.Step();
            (observation, _) = single.Take(random, 0, 0);
            Assert.Equal(step == 50, batch.Truncated[1]);
        }
        Assert.Equal(observation, batch.FinalObservation(1).ToArray());
        Assert.Equal(single.Reset(random), batch.Observation(1).ToArray());
    }

    [Fact]
    public void A_step_of_a_batch_allocates_nothing()
    {
        using var batch = registry.MakeVector("InvertedPendulum-v0", 3);
        batch.Reset(RandomStream.Create(1));
        var random = RandomStream.Create(2);
        Run(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(300);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                batch.SampleActions(random);
                batch.Step();
            }
        }
    }

    [Fact]
    public void Actions_outside_the_bounds_are_refused_before_anything_moves()
    {
        var single = registry.Make("Hopper-v0");
        using var batch = registry.MakeVector("Hopper-v0", 2, threads: 2);
        Assert.Contains("stepped before", Assert.Throws<BellmanException>(batch.Step).Message, StringComparison.Ordinal);
        batch.Reset(RandomStream.Create(1));
        single.Reset();
        var before = MemoryState.Save(batch);
        foreach (var wrong in (float[])[1.5f, float.NaN, float.NegativeInfinity])
        {
            var refusal = Assert.Throws<BellmanException>(() => single.Take(0, wrong, 0)).Message;
            Assert.Contains("outside the action space of Hopper-v0", refusal, StringComparison.Ordinal);
            Assert.Contains("[-1, 1]", refusal, StringComparison.Ordinal);
            batch.Actions[4] = wrong;
            Assert.Contains("outside the action space of Hopper-v0", Assert.Throws<BellmanException>(batch.Step).Message, StringComparison.Ordinal);
        }
        // A rounding error is moved back, as in the single form.
        batch.Actions[4] = 1.0005f;
        var shifted = Next(batch, before);
        batch.Actions[4] = 1;
        Assert.Equal(shifted, Next(batch, before));

        static float[] Next(VectorEnvironment batch, MemoryState from)
        {
            from.Load(batch);
            batch.Step();
            return [.. batch.Observations];
        }
    }

    [Fact]
    public void A_simulation_that_explodes_says_so_with_the_words_of_MuJoCo_and_must_be_reset()
    {
        using var cheetah = new HalfCheetah();
        cheetah.SetState(new double[9], [0, 0, 0, 1e9, -1e9, 1e9, 0, 0, 0], new float[17]);
        var message = Assert.Throws<BellmanException>(() => Explode(cheetah)).Message;
        Assert.Contains("went wrong. MuJoCo says:", message, StringComparison.Ordinal);
        Assert.Contains("unstable", message, StringComparison.Ordinal);
        Assert.Contains("Call Reset first", Assert.Throws<BellmanException>(() => Explode(cheetah)).Message, StringComparison.Ordinal);
        var again = cheetah.Reset(RandomStream.Create(2));
        using var fresh = new HalfCheetah();
        Assert.Equal(fresh.Reset(RandomStream.Create(2)), again);
        Assert.Equal(fresh.Take(1, 1, 1, 1, 1, 1).Observation, cheetah.Take(1, 1, 1, 1, 1, 1).Observation);
        // MuJoCo warns only once until its data are cleared; the second time must not pass unseen.
        cheetah.SetState(new double[9], [0, 0, 0, 1e9, -1e9, 1e9, 0, 0, 0], new float[17]);
        Assert.Contains("MuJoCo says:", Assert.Throws<BellmanException>(() => Explode(cheetah)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists("MUJOCO_LOG.TXT"));

        static void Explode(HalfCheetah body)
        {
            for (var step = 0; step < 50; step++) { body.Take(1, -1, 1, -1, 1, -1); }
        }
    }

    [Fact]
    public void A_simulation_that_was_disposed_of_is_not_stepped()
    {
        var reacher = new Reacher();
        reacher.Reset();
        reacher.Dispose();
        Assert.Contains("disposed", Assert.Throws<BellmanException>(() => reacher.Simulation.Advance(1)).Message, StringComparison.Ordinal);
    }
}
