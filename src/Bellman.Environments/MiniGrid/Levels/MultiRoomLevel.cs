namespace Bellman.Environments.MiniGrid;

/// <summary>A chain of rooms of random sizes joined by closed doors, the agent in the first and the goal in the last.</summary>
internal sealed class MultiRoomLevel(string id, int rooms, int maximumRoomSize) : GridLevel(
    id, $"Open the doors of {rooms} rooms in a row to reach the goal.", Size, Size, 20 * rooms)
{
    private const int Size = 25;
    private const int MinimumRoomSize = 4;
    private const int TriesPerRoom = 8;
    private const int Left = RoomGrid.Left;

    /// <summary>A room, its door to the one before, and the side (right, down, left, up) that door is on.</summary>
    private record struct ChainedRoom(GridArea Area, int DoorX, int DoorY, int DoorSide);

    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        Span<ChainedRoom> chain = stackalloc ChainedRoom[rooms];
        while (!TryChain(random, chain)) { }

        GridColour? previous = null;
        for (var i = 0; i < chain.Length; i++)
        {
            world.Enclose(chain[i].Area);
            if (i == 0) { continue; }
            var colour = Another(random, previous);
            world.Set(chain[i].DoorX, chain[i].DoorY, GridCell.Door(colour, DoorState.Closed));
            previous = colour;
        }
        world.PlaceAgent(random, chain[0].Area);
        world.Place(random, GridCell.Goal, chain[^1].Area);
    }

    public override string Mission(MiniGridWorld world) => "traverse the rooms to get to the goal";

    private bool TryChain(RandomStream random, Span<ChainedRoom> chain)
    {
        // The first room has its corner where its door would be.
        var (x, y) = (random.NextInt32(Size - 2), random.NextInt32(Size - 2));
        chain[0] = new ChainedRoom(new GridArea(x, y, RandomSize(random), RandomSize(random)), x, y, Left);
        if (!Fits(chain[0].Area, [])) { return false; }
        for (var i = 1; i < chain.Length; i++)
        {
            var placed = false;
            for (var attempt = 0; attempt < TriesPerRoom && !placed; attempt++)
            {
                chain[i] = Attach(random, chain[i - 1]);
                // The room it is attached to shares a wall with it, and is not an obstacle.
                placed = Fits(chain[i].Area, chain[..(i - 1)]);
            }
            if (!placed) { return false; }
        }
        return true;
    }

    /// <summary>A room of random size behind a door in one of the other three walls of <paramref name="room"/>.</summary>
    private ChainedRoom Attach(RandomStream random, ChainedRoom room)
    {
        var area = room.Area;
        // One of the three sides without the entry.
        var exit = (room.DoorSide + 1 + random.NextInt32(3)) % 4;
        var (doorX, doorY) = exit switch
        {
            RoomGrid.Right => (area.X + area.Width - 1, area.Y + random.Between(1, area.Height - 1)),
            RoomGrid.Down => (area.X + random.Between(1, area.Width - 1), area.Y + area.Height - 1),
            RoomGrid.Left => (area.X, area.Y + random.Between(1, area.Height - 1)),
            _ => (area.X + random.Between(1, area.Width - 1), area.Y),
        };
        var (width, height) = (RandomSize(random), RandomSize(random));
        var x = exit switch
        {
            RoomGrid.Right => doorX,
            RoomGrid.Left => doorX - width + 1,
            _ => random.Between(doorX - width + 2, doorX),
        };
        var y = exit switch
        {
            RoomGrid.Down => doorY,
            RoomGrid.Up => doorY - height + 1,
            _ => random.Between(doorY - height + 2, doorY),
        };
        return new ChainedRoom(new GridArea(x, y, width, height), doorX, doorY, (exit + 2) % 4);
    }

    private static bool Fits(GridArea area, ReadOnlySpan<ChainedRoom> others)
    {
        if (area.X < 0 || area.Y < 0 || area.X + area.Width > Size || area.Y + area.Height >= Size) { return false; }
        foreach (var (other, _, _, _) in others)
        {
            // MiniGrid leaves one column or row more on the left and above; maps are distributed as there.
            var apart = area.X + area.Width < other.X || other.X + other.Width <= area.X
                || area.Y + area.Height < other.Y || other.Y + other.Height <= area.Y;
            if (!apart) { return false; }
        }
        return true;
    }

    private int RandomSize(RandomStream random) => random.Between(MinimumRoomSize, maximumRoomSize + 1);

    private static GridColour Another(RandomStream random, GridColour? previous)
    {
        if (previous is not { } before) { return random.NextColour(); }
        var colour = (GridColour)random.NextInt32((int)GridColour.Grey);
        return colour >= before ? colour + 1 : colour;
    }
}
