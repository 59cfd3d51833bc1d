using Bellman.Environments;
using Bellman.Environments.Dots;
using Xunit;

namespace Bellman.Tests.Environments;

/// <summary>Dynamics and pictures of the tasks with dots.</summary>
public sealed class DotTests
{
    [Fact]
    public void Dot_moves_by_its_stride_and_is_paid_for_being_in_the_middle()
    {
        var dot = new DotCentre();
        var state = new MemoryState();
        var observation = new float[2];
        dot.Reset(RandomStream.Create(1), observation);
        state = MemoryState.Save(dot);
        state.SetList("position", 0.4, 0.95);
        state.Load(dot);
        var reward = dot.Step([1, 1], RandomStream.Create(1), observation).Reward;
        Assert.Equal([0.55, 1], dot.Position.ToArray(), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(Math.Exp(-(0.05 * 0.05 + 0.25) / 0.02), reward, 1e-9);
        Assert.Equal([0.05f, 0.5f], observation, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Distractor_flies_and_bounces_whatever_is_done_and_fills_most_of_what_is_seen()
    {
        var (still, moved) = (new Distractor(new DotCentre(), new DistractorOptions { Noise = 0 }), new Distractor(new DotCentre(), new DistractorOptions { Noise = 0 }));
        var (a, b) = (new float[16], new float[16]);
        var (first, second) = (RandomStream.Create(5), RandomStream.Create(5));
        still.Reset(first, a);
        moved.Reset(second, b);
        Assert.Equal(a, b);
        for (var step = 0; step < 300; step++)
        {
            var before = still.Position.ToArray();
            still.Step([0, 0], first, a);
            moved.Step([1, -1], second, b);
            Assert.Equal(still.Position.ToArray(), moved.Position.ToArray());
            Assert.All(still.Position.ToArray(), coordinate => Assert.InRange(coordinate, 0, 1));
            Assert.NotEqual(before, still.Position.ToArray());
        }
        Assert.NotEqual(a, b);
    }

    [Fact]
    public void Disc_that_reaches_the_goal_is_paid()
    {
        var task = new DotReach(new DotReachOptions());
        var picture = new float[24 * 24];
        task.Reset(RandomStream.Create(1), picture);
        var state = MemoryState.Save(task);
        state.SetList("agent", 0.30, 0.5);
        state.SetList("goal", 0.45, 0.5);
        state.Load(task);
        Assert.Equal(0, task.Step([0.5f, 0], RandomStream.Create(1), picture).Reward);
        Assert.Equal(0.33, task.Agent[0], 1e-9);
        Assert.Equal(1, task.Step([1, 0], RandomStream.Create(1), picture).Reward);
        Assert.Equal(0.39, task.Agent[0], 1e-9);
        // The bright disc lies over the goal; both are there, and nothing is brighter than 1.
        Assert.Equal(1, picture.Max());
        Assert.Contains(picture, pixel => pixel is > 0.3f and < 0.6f);
        // Radius 2: an area of about 4 pi pixels of brightness 1 and a part of the other.
        Assert.InRange(picture.Sum(), 4 * Math.PI, 1.5 * 4 * Math.PI + 2);
    }

    [Fact]
    public void Background_moves_behind_the_discs_and_hides_none_of_them()
    {
        var registry = StandardEnvironments.Registry();
        var (plain, film) = (registry.Make("DotReach-v0?frames=1"), registry.Make("DotReach-v0?frames=1&background=0.4"));
        var (a, b) = (new float[576], new float[576]);
        plain.Reset(RandomStream.Create(3), a);
        film.Reset(RandomStream.Create(3), b);
        Assert.All(a.Zip(b), pair => Assert.InRange(pair.Second, pair.First - 1e-6f, 1));
        Assert.True(b.Distinct().Count() > 100);
        var before = (float[])b.Clone();
        film.Step([0, 0], RandomStream.Create(4), b);
        Assert.True(before.Zip(b).Count(pair => Math.Abs(pair.First - pair.Second) > 0.01) > 100);
    }

    [Fact]
    public void Wrappers_refuse_observations_that_they_cannot_read()
    {
        Assert.Contains("MovingBackground", Assert.Throws<UsageException>(() => new Distractor(new DotReach(new DotReachOptions()), new DistractorOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("Distractor", Assert.Throws<UsageException>(() => new MovingBackground(new DotCentre(), 0.5)).Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 1", Assert.Throws<UsageException>(() => new MovingBackground(new DotReach(new DotReachOptions()), 2)).Message, StringComparison.Ordinal);
    }
}
