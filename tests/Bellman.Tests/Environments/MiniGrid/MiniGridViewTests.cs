using Bellman.Environments.MiniGrid;
using Xunit;
using static Bellman.Environments.MiniGrid.GridAction;

namespace Bellman.Tests.Environments.MiniGrid;

public class MiniGridViewTests
{
    private const string TwoRooms =
        """
        ## ## ## ## ##
        ## .. Ky .. ##
        ## ## Dr ## ##
        ## .. ^^ .. ##
        ## ## ## ## ##
        """;

    [Fact]
    public void An_empty_room_is_seen_with_its_walls_and_nothing_behind_them() => Assert.Equal(
        """
        ???????
        ???????
        ???????
        ??#####
        ??#..G#
        ??#...#
        ??#...#
        """, new GridPlay(MiniGridEnvironments.Make("MiniGrid-Empty-5x5-v0")).View);

    [Fact]
    public void A_closed_door_hides_the_room_behind_it() => Assert.Equal(
        """
        ???????
        ???????
        ???????
        ???????
        ???????
        ?##D##?
        ?#...#?
        """, new GridPlay(TwoRooms).View);

    [Fact]
    public void An_open_door_shows_the_room_behind_it()
    {
        var play = new GridPlay(TwoRooms);
        play.Do(Toggle);
        Assert.Equal(
            """
            ???????
            ???????
            ???????
            ?#####?
            ?#.K.#?
            ?##D##?
            ?#...#?
            """, play.View);
        // Kind, colour and state of the open red door.
        Assert.Equal([4, 0, 0], play.Image[((5 * 7 + 3) * 3)..((5 * 7 + 4) * 3)]);
    }

    [Fact]
    public void What_lies_diagonally_ahead_is_seen_and_what_lies_behind_a_corner_is_not() => Assert.Equal(
        """
        ???????
        ???????
        ???????
        ?####??
        ?#..#??
        ?#..##?
        ??#..#?
        """, new GridPlay(
        """
        ## ## ## ## ## ##
        ## .. .. ## .. ##
        ## .. .. ## ## ##
        ## ## ^^ .. ## ##
        ## ## ## ## ## ##
        """).View);

    [Fact]
    public void The_agents_cell_shows_what_it_carries()
    {
        var play = new GridPlay(">> Kp ..");
        Assert.Equal('.', play.View[^4]);
        play.Do(PickUp);
        Assert.Equal('K', play.View[^4]);
        Assert.Equal([5, 3, 0], play.Image[((6 * 7 + 3) * 3)..((6 * 7 + 4) * 3)]);
    }

    [Fact]
    public void Views_agree_with_the_rule_written_cell_by_cell()
    {
        var random = RandomStream.Create(12);
        for (var trial = 0; trial < 400; trial++)
        {
            var map = RandomMap(random, out var heading);
            var play = new GridPlay(map);
            Assert.Equal(heading, play.World.Heading);
            Assert.Equal(SlowView(play.World), play.Image);
        }
    }

    [Fact]
    public void A_full_view_shows_the_map_the_agent_and_what_it_carries()
    {
        var environment = new MiniGridEnvironment(new MiniGridMap("## Kr << Ly"), new MiniGridOptions { View = GridView.Full });
        var observation = environment.Reset();
        Assert.Equal([2, 5, 0, 5, 0, 0, 10, 0, 2, 4, 4, 2, 0, 0, 1, 0, 1, 0, 0], observation);
        Assert.Equal([2, 5, 0, 1, 0, 0, 10, 0, 2, 4, 4, 2, 0, 0, 1, 0, 5, 0, 0], environment.Take((float)PickUp).Observation);
    }

    [Fact]
    public void One_hot_observations_mark_the_same_cells()
    {
        var map = new MiniGridMap(TwoRooms);
        var numbers = new MiniGridEnvironment(map).Reset();
        var oneHot = new MiniGridEnvironment(map, new MiniGridOptions { Encoding = GridEncoding.OneHot }).Reset();
        for (var cell = 0; cell < 49; cell++)
        {
            var expected = new float[21];
            expected[(int)numbers[cell * 3]] = 1;
            expected[11 + (int)numbers[cell * 3 + 1]] = 1;
            expected[17 + (int)numbers[cell * 3 + 2]] = 1;
            Assert.Equal(expected, oneHot[(cell * 21)..(cell * 21 + 21)]);
        }
        Assert.Equal(numbers[^4..], oneHot[^4..]);
    }

    [Fact]
    public void The_heading_follows_the_image_one_hot()
    {
        var environment = new MiniGridEnvironment(new MiniGridMap("vv .."));
        var space = Assert.IsType<Composite>(environment.ObservationSpace);
        var observation = environment.Reset();
        Assert.Equal([0, 1, 0, 0], observation[space.RangeOf("direction")]);
        Assert.Equal(147, observation[space.RangeOf("image")].Length);
        Assert.True(space.IsFlat);
    }

    private static MiniGridMap RandomMap(RandomStream random, out int heading)
    {
        string[] words = ["..", "..", "..", "..", "##", "Dr", "Lg", "Ob", "Ky", "VV", "Be"];
        var (width, height) = (1 + random.NextInt32(12), 1 + random.NextInt32(12));
        var cells = Enumerable.Range(0, height).Select(_ => Enumerable.Range(0, width).Select(_ => words[random.NextInt32(words.Length)]).ToArray()).ToArray();
        heading = random.NextInt32(4);
        cells[random.NextInt32(height)][random.NextInt32(width)] = new[] { ">>", "vv", "<<", "^^" }[heading];
        return new MiniGridMap(string.Join('\n', cells.Select(row => string.Join(' ', row))));
    }

    /// <summary>The specification's sentence, cell by cell.</summary>
    private static float[] SlowView(MiniGridWorld world)
    {
        var (aheadX, aheadY) = world.Heading switch { 0 => (1, 0), 1 => (0, 1), 2 => (-1, 0), _ => (0, -1) };
        var (rightX, rightY) = (-aheadY, aheadX);
        var (cells, visible) = (new GridCell[7, 7], new bool[7, 7]);
        for (var row = 0; row < 7; row++)
        {
            for (var column = 0; column < 7; column++)
            {
                var (distance, aside) = (6 - row, column - 3);
                cells[row, column] = world[world.AgentX + distance * aheadX + aside * rightX, world.AgentY + distance * aheadY + aside * rightY];
            }
        }
        visible[6, 3] = true;
        for (var row = 6; row >= 0; row--)
        {
            for (var column = 0; column < 6; column++) { Shine(row, column, 1); }
            for (var column = 6; column > 0; column--) { Shine(row, column, -1); }
        }
        cells[6, 3] = world.Carried;
        var image = new float[147];
        for (var i = 0; i < 49; i++)
        {
            if (!visible[i / 7, i % 7]) { continue; }
            var cell = cells[i / 7, i % 7];
            (image[i * 3], image[i * 3 + 1], image[i * 3 + 2]) = ((float)cell.Kind, (float)cell.Colour, cell.State);
        }
        return image;

        void Shine(int row, int column, int sweep)
        {
            if (!visible[row, column] || cells[row, column].Kind == GridKind.Wall || cells[row, column] is { Kind: GridKind.Door, State: not 0 }) { return; }
            visible[row, column + sweep] = true;
            if (row == 0) { return; }
            visible[row - 1, column + sweep] = true;
            visible[row - 1, column] = true;
        }
    }
}
