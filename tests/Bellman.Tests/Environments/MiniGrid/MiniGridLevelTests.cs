using Bellman.Environments;
using Bellman.Environments.MiniGrid;
using Xunit;

namespace Bellman.Tests.Environments.MiniGrid;

public class MiniGridLevelTests
{
    private const int Maps = 40;

    public static TheoryData<string> Ids => [.. MiniGridEnvironments.Ids];

    [Theory, MemberData(nameof(Ids))]
    public void Every_map_is_closed_and_can_be_solved(string id) => ForEachMap(id, environment =>
    {
        var reach = new Reach(environment.World);
        Assert.False(reach.LeavesTheMap);
        Assert.True(IsSolvable(environment, reach), environment.RenderText());
    });

    [Theory]
    [InlineData("MiniGrid-Empty-Random-6x6-v0", "Goal 1")]
    [InlineData("MiniGrid-FourRooms-v0", "Goal 1")]
    [InlineData("MiniGrid-DoorKey-8x8-v0", "Goal 1, Key 1, Locked 1")]
    [InlineData("MiniGrid-Unlock-v0", "Key 1, Locked 1")]
    [InlineData("MiniGrid-UnlockPickup-v0", "Box 1, Key 1, Locked 1")]
    [InlineData("MiniGrid-BlockedUnlockPickup-v0", "Ball 1, Box 1, Key 1, Locked 1")]
    [InlineData("MiniGrid-KeyCorridorS3R1-v0", "Ball 1, Closed 1, Key 1, Locked 1")]
    [InlineData("MiniGrid-MultiRoom-N2-S4-v0", "Closed 1, Goal 1")]
    [InlineData("MiniGrid-MultiRoom-N4-S5-v0", "Closed 5, Goal 1")]
    [InlineData("MiniGrid-MultiRoom-N4-S5-v1", "Closed 3, Goal 1")]
    [InlineData("MiniGrid-MultiRoom-N6-v0", "Closed 5, Goal 1")]
    [InlineData("MiniGrid-ObstructedMaze-1Dl-v0", "Ball 1, Key 1, Locked 1")]
    [InlineData("MiniGrid-ObstructedMaze-1Dlh-v0", "Ball 1, Box 1, Locked 1")]
    [InlineData("MiniGrid-ObstructedMaze-1Dlhb-v0", "Ball 2, Box 1, Locked 1")]
    [InlineData("MiniGrid-LavaGapS5-v0", "Goal 1, Lava 2")]
    [InlineData("MiniGrid-LavaGapS7-v0", "Goal 1, Lava 4")]
    [InlineData("MiniGrid-Dynamic-Obstacles-6x6-v0", "Ball 3, Goal 1")]
    [InlineData("MiniGrid-Dynamic-Obstacles-16x16-v0", "Ball 8, Goal 1")]
    [InlineData("MiniGrid-RedBlueDoors-6x6-v0", "Closed 2")]
    public void Maps_hold_what_their_level_says(string id, string expected) =>
        ForEachMap(id, environment => Assert.Equal(expected, Count(environment.World)));

    [Theory]
    [InlineData("MiniGrid-DoorKey-5x5-v0", 5, 5, 250)]
    [InlineData("MiniGrid-KeyCorridorS3R3-v0", 7, 7, 270)]
    [InlineData("MiniGrid-KeyCorridorS3R2-v0", 7, 5, 270)]
    [InlineData("MiniGrid-KeyCorridorS6R3-v0", 16, 16, 1080)]
    [InlineData("MiniGrid-MultiRoom-N2-S4-v0", 25, 25, 40)]
    [InlineData("MiniGrid-MultiRoom-N4-S5-v1", 25, 25, 80)]
    [InlineData("MiniGrid-ObstructedMaze-1Dlhb-v0", 11, 6, 288)]
    [InlineData("MiniGrid-UnlockPickup-v0", 11, 6, 288)]
    [InlineData("MiniGrid-Empty-8x8-v0", 8, 8, 256)]
    [InlineData("MiniGrid-LavaGapS7-v0", 7, 7, 196)]
    [InlineData("MiniGrid-MemoryS13-v0", 13, 13, 845)]
    [InlineData("MiniGrid-FourRooms-v0", 19, 19, 100)]
    [InlineData("MiniGrid-RedBlueDoors-8x8-v0", 16, 8, 1280)]
    public void Sizes_and_step_limits_are_the_packages(string id, int width, int height, int steps)
    {
        var environment = MiniGridEnvironments.Make(id);
        Assert.Equal((width, height, steps), (environment.World.Width, environment.World.Height, environment.MaximumSteps));
        Assert.Equal(steps, StandardEnvironments.Registry().Find(id).TimeLimit);
    }

    [Theory]
    [InlineData("MiniGrid-DoorKey-5x5-v0", 20)]
    [InlineData("MiniGrid-KeyCorridorS3R1-v0", 30)]
    [InlineData("MiniGrid-LavaGapS5-v0", 20)]
    [InlineData("MiniGrid-MemoryS7-v0", 30)]
    [InlineData("MiniGrid-Unlock-v0", 60)]
    [InlineData("MiniGrid-RedBlueDoors-6x6-v0", 60)]
    public void The_rules_themselves_lead_to_success(string id, int depth)
    {
        var random = RandomStream.Create(31, id);
        for (var map = 0; map < 3; map++)
        {
            var environment = MiniGridEnvironments.Make(id);
            var observation = environment.Reset(random);
            Assert.InRange(ExactSearch.ShortestSolution(environment, observation), 1, depth);
        }
    }

    [Fact]
    public void The_key_corridors_agent_never_faces_an_object_and_starts_in_the_corridor() => ForEachMap("MiniGrid-KeyCorridorS3R3-v0", environment =>
    {
        // The middle room has no wall above and below.
        Assert.Equal(3, environment.World.AgentX);
        Assert.InRange(environment.World.AgentY, 2, 4);
        Assert.False(GridPlay.FrontOf(environment.World) is { Kind: GridKind.Key or GridKind.Ball } or { Kind: GridKind.Door, State: (int)DoorState.Locked });
        Assert.StartsWith("pick up the ", environment.Mission, StringComparison.Ordinal);
    });

    [Fact]
    public void The_blocking_ball_lies_before_the_locked_door() => ForEachMap("MiniGrid-ObstructedMaze-1Dlhb-v0", environment =>
    {
        var world = environment.World;
        var row = Enumerable.Range(0, 6).Single(y => environment.World[5, y].IsDoor(DoorState.Locked));
        Assert.Equal(GridCell.Ball(GridColour.Green), world[4, row]);
        Assert.Equal("pick up the blue ball", environment.Mission);
    });

    [Theory]
    [InlineData(true), InlineData(false)]
    public void The_memory_test_is_won_at_the_object_that_was_shown_and_lost_at_the_other(bool rightOne)
    {
        for (ulong seed = 0; seed < 12; seed++)
        {
            var environment = MiniGridEnvironments.Make("MiniGrid-MemoryS7-v0");
            var (random, observation) = (RandomStream.Create(seed), new float[environment.ObservationSpace.Size]);
            environment.Reset(random, observation);
            var matchesAbove = environment.World[1, 2] == environment.World[5, 1];
            var turn = matchesAbove == rightOne ? GridAction.TurnLeft : GridAction.TurnRight;
            var steps = 5 - environment.World.AgentX;
            for (var i = 0; i < steps; i++) { environment.Step([(float)GridAction.Forward], random, observation); }
            environment.Step([(float)turn], random, observation);
            var result = environment.Step([(float)GridAction.Forward], random, observation);
            Assert.True(result.Terminated);
            Play.Near(rightOne ? 1 - 0.9 * (steps + 2) / 245 : 0, result.Reward);
        }
    }

    [Fact]
    public void Opening_the_blue_door_first_fails()
    {
        var environment = MiniGridEnvironments.Make("MiniGrid-RedBlueDoors-6x6-v0");
        var observation = environment.Reset(RandomStream.Create(8));
        Assert.Equal(0, ExactSearch.RewardOfOpening(environment, observation, GridColour.Blue));
    }

    [Fact]
    public void An_unknown_level_is_refused_with_the_nearest_names() =>
        Assert.Contains("MiniGrid-DoorKey-5x5-v0", Assert.Throws<UsageException>(() => MiniGridEnvironments.Make("MiniGrid-DorKey-5x5-v0")).Message, StringComparison.Ordinal);

    private static void ForEachMap(string id, Action<MiniGridEnvironment> check)
    {
        var environment = MiniGridEnvironments.Make(id);
        var (random, observation) = (RandomStream.Create(17, id), new float[environment.ObservationSpace.Size]);
        for (var map = 0; map < Maps; map++)
        {
            environment.Reset(random, observation);
            check(environment);
        }
    }

    /// <summary>A simplified model: what carries or opens something can be used as soon as the agent could stand beside it.</summary>
    private static bool IsSolvable(MiniGridEnvironment environment, Reach reach)
    {
        var mission = environment.Mission;
        if (mission.StartsWith("pick up", StringComparison.Ordinal))
        {
            return reach.Touched.Any(cell => mission.Equals($"pick up the {cell.Colour} {cell.Kind}", StringComparison.OrdinalIgnoreCase));
        }
        if (mission == "open the door") { return reach.Touched.Any(cell => cell.Kind == GridKind.Key) && reach.Touched.Any(cell => cell.IsDoor(DoorState.Locked)); }
        if (mission.StartsWith("open the red", StringComparison.Ordinal)) { return reach.Touched.Count(cell => cell.Kind == GridKind.Door) == 2; }
        return mission.StartsWith("go to the matching", StringComparison.Ordinal)
            ? reach.Touched.Count(cell => cell.CanCarry) == 3
            : reach.Touched.Contains(GridCell.Goal);
    }

    private static string Count(MiniGridWorld world)
    {
        var names = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var y = 0; y < world.Height; y++)
        {
            for (var x = 0; x < world.Width; x++)
            {
                var cell = world[x, y];
                if (cell.Kind is GridKind.Empty or GridKind.Wall) { continue; }
                var name = cell.Kind == GridKind.Door ? $"{(DoorState)cell.State}" : $"{cell.Kind}";
                names[name] = names.GetValueOrDefault(name) + 1;
            }
        }
        return string.Join(", ", names.Select(pair => $"{pair.Key} {pair.Value}"));
    }
}
