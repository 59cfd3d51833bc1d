using Bellman.Environments.Chemotaxis;
using Xunit;

namespace Bellman.Tests.Papers.Nanorobots;

/// <summary>The family as environments: ids, exact restore, equal trajectories, rendering, the swarm.</summary>
public sealed class ChemotaxisEnvironmentTests
{
    [Theory]
    [InlineData("Chemotaxis-v0")]
    [InlineData("ChemotaxisContinuous-v0")]
    [InlineData("ChemotaxisContinuous-v0?sensorNoise=0.1&sensing=gradient")]
    [InlineData("Chemotaxis-v0?sensorNoise=0.1&sensing=gradient")]
    public void Equal_seeds_give_equal_trajectories_and_others_do_not(string id)
    {
        var first = Rollout(id, seed: 4, steps: 150);
        Assert.Equal(first, Rollout(id, seed: 4, steps: 150));
        Assert.NotEqual(first, Rollout(id, seed: 5, steps: 150));
    }

    [Theory]
    [InlineData("Chemotaxis-v0")]
    [InlineData("ChemotaxisContinuous-v0?obstacles=20")]
    public void A_restored_episode_continues_exactly(string id)
    {
        var (environment, random, actions) = (Make(id), RandomStream.Create(8), RandomStream.Create(9));
        Run(environment, random, actions, steps: 60, reset: true);
        var saved = (Environment: JsonState.Save(environment), Random: JsonState.Save(random), Actions: JsonState.Save(actions));
        var expected = Run(environment, random, actions, steps: 60, reset: false);

        var (copy, copyRandom, copyActions) = (Make(id), RandomStream.Create(0), RandomStream.Create(0));
        copy.Reset(RandomStream.Create(77), new float[copy.ObservationSpace.Size]);
        JsonState.Load(copy, saved.Environment);
        JsonState.Load(copyRandom, saved.Random);
        JsonState.Load(copyActions, saved.Actions);
        Assert.Equal(expected, Run(copy, copyRandom, copyActions, steps: 60, reset: false));
    }

    [Fact]
    public void A_state_that_no_world_could_hold_is_refused()
    {
        var environment = new ChemotaxisEnvironment(new ChemotaxisOptions { Obstacles = 2 });
        environment.Reset(RandomStream.Create(0), new float[10]);
        Refused("obstacles", """{"x":[1,2,3],"y":[1,2,3],"z":[1,2,3]}""", "at most 2");
        Refused("robots", """{"x":[],"y":[],"z":[]}""", "0 robots");
        Refused("cells", """{"x":[1],"y":[1,2],"z":[1]}""", "equally many");

        void Refused(string part, string points, string because)
        {
            var state = JsonState.Save(environment);
            state[part] = System.Text.Json.Nodes.JsonNode.Parse(points);
            Assert.Contains(because, Assert.Throws<UsageException>(() => JsonState.Load(environment, state)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Observations_lie_in_their_space_and_episodes_end_at_the_limit()
    {
        var environment = Make("ChemotaxisContinuous-v0");
        var (observation, action, random) = (new float[10], new float[3], RandomStream.Create(2));
        environment.Reset(random, observation);
        StepResult result;
        var steps = 0;
        do
        {
            result = environment.Step(action, random, observation);
            Assert.True(environment.ObservationSpace.Contains(observation), environment.ObservationSpace.Explain(observation));
            steps++;
        }
        while (!result.Done);
        Assert.Equal((true, false, ChemotaxisEnvironments.Horizon), (result.Truncated, result.Terminated, steps));
    }

    [Theory]
    [InlineData("Chemotaxis-v0")]
    [InlineData("ChemotaxisContinuous-v0?sensorNoise=0.1")]
    public void A_step_allocates_nothing(string id)
    {
        var environment = Make(id).Find<ChemotaxisEnvironment>();
        var robot = new MacroActionWrapper(environment ?? throw new InvalidOperationException(id));
        var (observation, action, random) = (new float[10], new float[3], RandomStream.Create(2));
        robot.Reset(random, observation);
        for (var i = 0; i < 10; i++) { Both(); }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) { Both(); }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Both()
        {
            robot.Step(action, random, observation);
            environment.Step(action, random, observation);
        }
    }

    [Fact]
    public void An_unknown_or_wrong_option_after_the_id_is_refused()
    {
        Assert.Contains("obstacles", Assert.Throws<UsageException>(() => Make("Chemotaxis-v0?obstacle=3")).Message, StringComparison.Ordinal);
        Assert.Contains("gradient", Assert.Throws<UsageException>(() => Make("Chemotaxis-v0?sensing=smell")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_renderings_show_robot_and_cell()
    {
        var environment = new ChemotaxisEnvironment(new ChemotaxisOptions());
        environment.World.Place([new(-49, -49, 0)], [new(49, 49, 0)], [new(0, 0, 0)], [new(45, 45, 0)]);
        var lines = environment.RenderText().Split('\n');
        Assert.Equal('C', lines[1][60]);
        Assert.Equal('R', lines[30][1]);
        Assert.Contains("distance 138.59", lines[^1], StringComparison.Ordinal);

        var image = environment.RenderImage();
        Assert.Equal((300, 300), (image.Width, image.Height));
        Assert.Equal([64, 224, 235], image.Pixels.AsSpan((298 * 300 + 1) * 3, 3).ToArray());
        Assert.Equal([235, 64, 52], image.Pixels.AsSpan((1 * 300 + 298) * 3, 3).ToArray());
    }

    [Fact]
    public void A_captured_cell_is_removed_and_the_swarm_ends_when_none_is_left()
    {
        var swarm = new ChemotaxisSwarm(new ChemotaxisOptions { CellDeviation = 0, Obstacles = 0 }, robots: 3, cells: 2, horizon: 100);
        var (states, rewards, random) = (new int[3], new double[3], RandomStream.Create(0));
        swarm.Reset(random, states);
        swarm.World.Place([new(0, 0, 0), new(20, 0, 0), new(40, 0, 0)], [new(0.6, 0, 0), new(20.8, 0, 0)], [], [new(0.6, 0, 0), new(20.8, 0, 0)]);
        MacroAction[] actions = [MacroAction.TowardCell, MacroAction.Hold, MacroAction.Hold];

        var result = swarm.Step(actions, random, states, rewards);
        Assert.False(result.Done);
        Assert.Equal([0, -1], swarm.World.CapturedBy.ToArray());
        Assert.True(swarm.JustCaptured(0));
        Assert.False(swarm.JustCaptured(1));
        Assert.Equal(50, swarm.World.Field.Particles.Count);
        Assert.Equal(1, swarm.World.NearestCell(Vector3D.Zero, out _));

        result = swarm.Step([MacroAction.Hold, MacroAction.TowardCell, MacroAction.Hold], random, states, rewards);
        Assert.True(result.Terminated);
        Assert.Equal([0, 1], swarm.World.CapturedBy.ToArray());
        Assert.Equal([1, 2, -1], swarm.Metrics.FirstContact.ToArray());
        Assert.Equal(2, swarm.Metrics.CellsVisited);
        Assert.Equal(2.0 / 3, swarm.Metrics.ShareNear, 12);
        Assert.Equal(0.5, swarm.Metrics.AssignmentBalance, 12);
        // The third robot's distance is to the second cell, its nearest, not to the first.
        Assert.Equal(19.2, swarm.Metrics.Distance(2), 12);
    }

    private static IEnvironment Make(string id)
    {
        var registry = new EnvironmentRegistry();
        ChemotaxisEnvironments.Register(registry);
        return registry.Make(id);
    }

    private static List<float> Rollout(string id, ulong seed, int steps) =>
        Run(Make(id), RandomStream.Create(seed), RandomStream.Create(seed, "actions"), steps, reset: true);

    private static List<float> Run(IEnvironment environment, RandomStream random, RandomStream actions, int steps, bool reset)
    {
        var (seen, observation, action) = (new List<float>(), new float[environment.ObservationSpace.Size], new float[environment.ActionSpace.Size]);
        if (reset) { environment.Reset(random, observation); }
        for (var i = 0; i < steps; i++)
        {
            environment.ActionSpace.Sample(actions, action);
            var result = environment.Step(action, random, observation);
            seen.AddRange(observation);
            seen.Add((float)result.Reward);
            if (result.Done) { environment.Reset(random, observation); }
        }
        return seen;
    }
}
