using Bellman.Papers;
using Bellman.Tests.Mujoco;
using Xunit;

namespace Bellman.Tests.Environments;

/// <summary>What every registered environment keeps.</summary>
public class EveryEnvironmentTests
{
    private static readonly EnvironmentRegistry Registry = AllEnvironments.Registry();

    public static TheoryData<string> Ids =>
        [.. Registry.All.Select(registration => registration.Id), "FrozenLake-v1?slippery=false", "DeepSea-v0?stochastic=true", "BernoulliBandit-v0?redraw=true", "PointMaze-v0?reward=dense&continuing=true"];

    [Theory, MemberData(nameof(Ids))]
    public void Random_play_stays_in_the_spaces(string id)
    {
        var (environment, random) = (Make(id), RandomStream.Create(21));
        var observation = environment.Reset(random);
        var action = new float[environment.ActionSpace.Size];
        for (var step = 0; step < 1200; step++)
        {
            Assert.Null(environment.ObservationSpace.Explain(observation));
            environment.ActionSpace.Sample(random, action);
            if (environment.Step(action, random, observation).Done)
            {
                Assert.Null(environment.ObservationSpace.Explain(observation));
                environment.Reset(random, observation);
            }
        }
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_restored_copy_repeats_the_next_200_steps(string id)
    {
        var (original, random) = (Make(id), RandomStream.Create(5));
        var observation = original.Reset(random);
        Trace(original, random, observation, 1 + random.NextInt32(150));
        var (state, position, now) = (MemoryState.Save(original), MemoryState.Save(random), observation.ToArray());
        var expected = Trace(original, random, observation, 200);

        var (copy, copyRandom) = (Make(id), RandomStream.Create(77));
        copy.Reset(copyRandom);
        state.Load(copy);
        position.Load(copyRandom);
        Assert.Equal(expected, Trace(copy, copyRandom, now, 200));
    }

    [Theory, MemberData(nameof(Ids))]
    public void Two_copies_with_equal_streams_agree(string id) => Assert.Equal(FromStart(id, 8), FromStart(id, 8));

    [Theory, MemberData(nameof(Ids))]
    public void A_picture_shows_something_at_a_constant_size(string id)
    {
        var (environment, random) = (Make(id), RandomStream.Create(4));
        var renderable = environment.Find<IRenderable>();
        Assert.NotNull(renderable);
        var observation = environment.Reset(random);
        var first = renderable.RenderImage();
        Trace(environment, random, observation, 25);
        var later = renderable.RenderImage();
        Assert.Equal((first.Width, first.Height), (later.Width, later.Height));
        Assert.True(first.Pixels.Distinct().Count() > 3);
        Assert.NotEmpty(renderable.RenderText().Trim());
    }

    [Theory, MemberData(nameof(Ids))]
    public void A_step_allocates_nothing(string id)
    {
        var (environment, random) = (Make(id), RandomStream.Create(6));
        var observation = environment.Reset(random);
        var action = new float[environment.ActionSpace.Size];
        Run(200);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(500);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                environment.ActionSpace.Sample(random, action);
                if (environment.Step(action, random, observation).Done) { environment.Reset(random, observation); }
            }
        }
    }

    private static IEnvironment Make(string id)
    {
        MujocoRequired.OrSkip(id);
        return Registry.Make(id);
    }

    private static List<(double, bool, bool, double)> FromStart(string id, ulong seed)
    {
        var (environment, random) = (Make(id), RandomStream.Create(seed));
        return Trace(environment, random, environment.Reset(random), 300);
    }

    private static List<(double Reward, bool Terminated, bool Truncated, double Observation)> Trace(IEnvironment environment, RandomStream random, float[] observation, int steps)
    {
        var seen = new List<(double, bool, bool, double)>(steps);
        var action = new float[environment.ActionSpace.Size];
        for (var step = 0; step < steps; step++)
        {
            environment.ActionSpace.Sample(random, action);
            var result = environment.Step(action, random, observation);
            // Components weighted apart, so that two that swap places do not look alike.
            seen.Add((result.Reward, result.Terminated, result.Truncated, observation.Select((value, i) => (i + 1.0) * value).Sum()));
            if (result.Done) { environment.Reset(random, observation); }
        }
        return seen;
    }
}
