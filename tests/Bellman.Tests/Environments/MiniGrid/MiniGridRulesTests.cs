using Bellman.Environments.MiniGrid;
using Xunit;
using static Bellman.Environments.MiniGrid.GridAction;
using static Bellman.Environments.MiniGrid.GridColour;

namespace Bellman.Tests.Environments.MiniGrid;

public class MiniGridRulesTests
{
    [Fact]
    public void Forward_walks_until_a_wall_and_turns_only_turn()
    {
        var play = new GridPlay(
            """
            ## ## ## ##
            ## >> .. ##
            ## ## ## ##
            """);
        play.Do(Forward, Forward, Forward);
        Assert.Equal((2, 1, 0), (play.World.AgentX, play.World.AgentY, play.World.Heading));
        play.Do(TurnLeft);
        Assert.Equal(3, play.World.Heading);
        play.Do(TurnRight, TurnRight);
        Assert.Equal((2, 1, 1), (play.World.AgentX, play.World.AgentY, play.World.Heading));
        Assert.Equal(6, play.World.Steps);
    }

    [Theory]
    [InlineData("Ky"), InlineData("Ar"), InlineData("Bp")]
    public void An_object_is_picked_up_with_empty_hands_and_dropped_on_an_empty_cell(string what)
    {
        var play = new GridPlay(
            $"""
            ## ## ## ##
            ## .. Ab ##
            ## .. ^^ {what}
            ## ## ## ##
            """);
        play.Do(TurnRight);
        var found = play.Front;
        play.Do(Forward);
        Assert.Equal(2, play.World.AgentX);
        play.Do(PickUp);
        Assert.Equal((found, GridCell.Empty), (play.World.Carried, play.Front));
        play.Do(TurnLeft, PickUp);
        Assert.Equal((found, GridCell.Ball(Blue)), (play.World.Carried, play.Front));
        play.Do(Drop);
        Assert.Equal((found, GridCell.Ball(Blue)), (play.World.Carried, play.Front));
        play.Do(TurnLeft, Drop);
        Assert.Equal((GridCell.Empty, found), (play.World.Carried, play.Front));
    }

    [Fact]
    public void A_locked_door_opens_only_with_the_key_of_its_colour_which_stays_in_hand()
    {
        var play = new GridPlay(
            """
            ## ## Kr ## ##
            ## Ky >> Ly ..
            ## ## ## ## ##
            """);
        play.Do(Toggle, Forward);
        Assert.Equal((GridCell.Door(Yellow, DoorState.Locked), 2), (play.Front, play.World.AgentX));
        play.Do(TurnLeft, PickUp, TurnRight, Toggle);
        Assert.Equal((GridCell.Key(Red), GridCell.Door(Yellow, DoorState.Locked)), (play.World.Carried, play.Front));
        play.Do(TurnLeft, Drop, TurnLeft, PickUp, TurnRight, TurnRight, Toggle);
        Assert.Equal((GridCell.Key(Yellow), GridCell.Door(Yellow, DoorState.Open)), (play.World.Carried, play.Front));
        play.Do(Toggle);
        Assert.Equal(GridCell.Door(Yellow, DoorState.Closed), play.Front);
        play.Do(Toggle, Forward, Forward);
        Assert.Equal(4, play.World.AgentX);
    }

    [Fact]
    public void A_closed_door_stops_the_agent_until_it_is_toggled()
    {
        var play = new GridPlay(
            """
            ## ## ## ##
            >> Dg .. ##
            ## ## ## ##
            """);
        play.Do(Forward, PickUp);
        Assert.Equal((0, GridCell.Door(Green, DoorState.Closed)), (play.World.AgentX, play.Front));
        play.Do(Toggle, Forward);
        Assert.Equal(1, play.World.AgentX);
    }

    [Fact]
    public void An_opened_box_leaves_what_it_contains_also_after_it_was_carried()
    {
        var play = new GridPlay(
            """
            ## ## ## ## ##
            ## Be(Kp) >> Br ##
            ## ## .. ## ##
            """);
        Assert.Equal(GridCell.Key(Purple), play.World.Content(1, 1));
        play.Do(Toggle);
        Assert.Equal(GridCell.Empty, play.Front);
        play.Do(TurnLeft, TurnLeft, PickUp, TurnLeft, Drop);
        Assert.Equal(GridCell.Box(Grey), play.Front);
        Assert.Equal(GridCell.Empty, play.World.Content(1, 1));
        play.Do(Toggle);
        Assert.Equal(GridCell.Key(Purple), play.Front);
        play.Do(Toggle, PickUp);
        Assert.Equal(GridCell.Key(Purple), play.World.Carried);
    }

    [Fact]
    public void The_goal_pays_less_the_longer_it_took()
    {
        var play = new GridPlay(new MiniGridMap(">> .. GG") { MaximumSteps = 270 });
        for (var i = 0; i < 98; i++) { Assert.Equal(default, play.Do(Done)); }
        play.Do(Forward);
        var result = play.Do(Forward);
        Assert.True(result.Terminated && !result.Truncated);
        // 1 - 0.9 * 100/270
        Play.Near(0.666667, result.Reward, 1e-6);
    }

    [Fact]
    public void Lava_ends_the_episode_with_nothing() =>
        Assert.Equal(new StepResult(0, Terminated: true), new GridPlay(">> VV GG").Do(Forward));

    [Fact]
    public void The_step_limit_truncates_but_not_a_step_that_succeeds()
    {
        var play = new GridPlay(new MiniGridMap(">> .. GG") { MaximumSteps = 2 });
        play.Do(Done);
        Assert.Equal(new StepResult(0, Truncated: true), play.Do(Done));
        var result = new GridPlay(new MiniGridMap(">> .. GG") { MaximumSteps = 2 }).Do(Forward, Forward);
        Assert.True(result.Terminated && !result.Truncated);
        Play.Near(0.1, result.Reward);
    }

    [Fact]
    public void Picking_up_the_target_succeeds_and_another_object_does_not()
    {
        var play = new GridPlay(new MiniGridMap(
            """
            ## Ar ##
            Ab >> Ky
            ## .. ##
            """)
        { PickUp = GridCell.Ball(Blue) });
        Assert.Equal("pick up the blue ball", play.Environment.Mission);
        Assert.False(play.Do(PickUp).Done);
        Assert.False(play.Do(TurnLeft, Toggle, TurnLeft, PickUp).Done);
        Assert.True(play.Do(TurnLeft, Drop, TurnRight, PickUp).Terminated);
    }

    [Fact]
    public void Walking_into_an_obstacle_or_a_wall_costs_one()
    {
        const string Cornered =
            """
            ## ## ##
            Ab >> Ab
            ## ## ##
            """;
        Assert.Equal(new StepResult(-1, Terminated: true), new GridPlay(new MiniGridMap(Cornered) { BallsMove = true }).Do(Forward));
        Assert.Equal(new StepResult(-1, Terminated: true), new GridPlay(new MiniGridMap(Cornered) { BallsMove = true }).Do(TurnLeft, Forward));
    }

    [Fact]
    public void Obstacles_wander_to_every_free_cell_around_them_and_to_no_other()
    {
        const string Map =
            """
            ## ## ## ## ##
            ## .. GG .. ##
            ## .. Ab .. ##
            ## >> .. ## ##
            ## ## ## ## ##
            """;
        var seen = new HashSet<(int, int)>();
        var environment = new MiniGridEnvironment(new MiniGridMap(Map) { BallsMove = true });
        var (random, observation) = (RandomStream.Create(3), new float[environment.ObservationSpace.Size]);
        for (var episode = 0; episode < 300; episode++)
        {
            environment.Reset(random, observation);
            environment.Step([(float)TurnLeft], random, observation);
            for (var y = 0; y < 5; y++)
            {
                for (var x = 0; x < 5; x++) { if (environment.World[x, y].Kind == GridKind.Ball) { seen.Add((x, y)); } }
            }
        }
        Assert.Equal([(1, 1), (1, 2), (2, 3), (3, 1), (3, 2)], seen.Order());
    }

    [Theory]
    [InlineData(">> ..\n..", "rows have 2, 1 cells")]
    [InlineData(".. ..", "has 0")]
    [InlineData(">> Kx", "'Kx' is not a cell")]
    [InlineData(">> Ar(Ky)", "'Ar(Ky)' is not a cell")]
    public void A_malformed_map_is_refused_by_name(string map, string says) =>
        Assert.Contains(says, Assert.Throws<UsageException>(() => new MiniGridEnvironment(new MiniGridMap(map))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_step_before_the_first_reset_is_refused()
    {
        var environment = MiniGridEnvironments.Make("MiniGrid-Empty-5x5-v0");
        Assert.Contains("before a reset", Assert.Throws<BellmanException>(() => environment.Take(0)).Message, StringComparison.Ordinal);
        Assert.NotEmpty(environment.RenderText());
        Assert.NotEmpty(environment.RenderImage().Pixels);
    }
}
