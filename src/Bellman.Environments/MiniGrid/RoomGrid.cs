using System.Numerics;

namespace Bellman.Environments.MiniGrid;

/// <summary>One room of a <see cref="RoomGrid"/>.</summary>
internal struct Room
{
    /// <summary>Row of the door position in the wall to its right, column of the one in the wall below.</summary>
    public int RightDoor, DownDoor;

    /// <summary>Bit s is set if the room is connected on side s (right, down, left, up) by a door or a missing wall.</summary>
    public int Connections;

    public bool IsLocked;
}

/// <summary>
/// Rooms of equal size in columns and rows that share walls; room (i, j) has its top left corner at (i (S-1), j (S-1)),
/// and each shared wall has one door position, drawn when the rooms are.
/// </summary>
internal readonly ref struct RoomGrid
{
    public const int MaximumRooms = 9;
    public const int Right = 0, Down = 1, Left = 2, Up = 3;

    private readonly MiniGridWorld world;
    private readonly RandomStream random;
    private readonly Span<Room> rooms;
    private readonly int size, columns, rows;

    public RoomGrid(MiniGridWorld world, RandomStream random, Span<Room> rooms, int size)
    {
        this.world = world;
        this.random = random;
        this.size = size;
        (columns, rows) = ((world.Width - 1) / (size - 1), (world.Height - 1) / (size - 1));
        this.rooms = rooms[..(columns * rows)];
        for (var j = 0; j < rows; j++)
        {
            for (var i = 0; i < columns; i++)
            {
                var area = Area(i, j);
                world.Enclose(area);
                this.rooms[j * columns + i] = new Room
                {
                    RightDoor = random.Between(area.Y + 1, area.Y + size - 1),
                    DownDoor = random.Between(area.X + 1, area.X + size - 1),
                };
            }
        }
        // Until it is placed, the agent stands in the middle: objects keep their distance from there.
        world.SetAgent(columns / 2 * (size - 1) + size / 2, rows / 2 * (size - 1) + size / 2, 0);
    }

    public static int Extent(int count, int size) => count * (size - 1) + 1;

    public GridArea Area(int i, int j) => new(i * (size - 1), j * (size - 1), size, size);

    /// <summary>Removes the wall between a room and the one above it.</summary>
    public void OpenUpwards(int i, int j)
    {
        var area = Area(i, j);
        world.Fill(new GridArea(area.X + 1, area.Y, size - 2, 1), GridCell.Empty);
        Connect(i, j, Up);
    }

    /// <summary>Puts a door on one side of a room.</summary>
    public (int X, int Y) AddDoor(int i, int j, int side, GridColour colour, bool locked)
    {
        var (x, y) = DoorPosition(i, j, side);
        world.Set(x, y, GridCell.Door(colour, locked ? DoorState.Locked : DoorState.Closed));
        rooms[j * columns + i].IsLocked = locked;
        Connect(i, j, side);
        return (x, y);
    }

    /// <summary>Puts an object into a room, not next to the agent.</summary>
    public (int X, int Y) AddObject(int i, int j, GridCell cell) => world.Place(random, cell, Area(i, j), apartFromAgent: true);

    /// <summary>Puts the agent into a room; it never faces an object or a door.</summary>
    public void PlaceAgent(int i, int j)
    {
        do
        {
            world.PlaceAgent(random, Area(i, j));
        }
        while (world.Cells[world.FrontIndex].Kind is not (GridKind.Empty or GridKind.Wall));
    }

    /// <summary>Adds closed doors at random, never to a locked room, until every room can be reached from the agent's.</summary>
    public void ConnectAll()
    {
        while (BitOperations.PopCount((uint)Reachable()) < rooms.Length)
        {
            var (i, j, side) = (random.NextInt32(columns), random.NextInt32(rows), random.NextInt32(4));
            if (Neighbour(i, j, side) is not { } neighbour) { continue; }
            ref var room = ref rooms[j * columns + i];
            if ((room.Connections >> side & 1) != 0 || room.IsLocked || rooms[neighbour].IsLocked) { continue; }
            AddDoor(i, j, side, random.NextColour(), locked: false);
        }
    }

    /// <summary>A set of rooms, one bit each.</summary>
    private int Reachable()
    {
        var reached = 1 << (world.AgentY / (size - 1) * columns + world.AgentX / (size - 1));
        for (var before = 0; before != reached;)
        {
            before = reached;
            for (var room = 0; room < rooms.Length; room++)
            {
                if ((reached >> room & 1) == 0) { continue; }
                for (var side = 0; side < 4; side++)
                {
                    if ((rooms[room].Connections >> side & 1) != 0 && Neighbour(room % columns, room / columns, side) is { } next) { reached |= 1 << next; }
                }
            }
        }
        return reached;
    }

    private void Connect(int i, int j, int side)
    {
        rooms[j * columns + i].Connections |= 1 << side;
        if (Neighbour(i, j, side) is { } neighbour) { rooms[neighbour].Connections |= 1 << (side + 2) % 4; }
    }

    private (int X, int Y) DoorPosition(int i, int j, int side) => side switch
    {
        Right => (Area(i, j).X + size - 1, rooms[j * columns + i].RightDoor),
        Down => (rooms[j * columns + i].DownDoor, Area(i, j).Y + size - 1),
        Left => DoorPosition(i - 1, j, Right),
        _ => DoorPosition(i, j - 1, Down),
    };

    private int? Neighbour(int i, int j, int side)
    {
        (i, j) = side switch { Right => (i + 1, j), Down => (i, j + 1), Left => (i - 1, j), _ => (i, j - 1) };
        return (uint)i < (uint)columns && (uint)j < (uint)rows ? j * columns + i : null;
    }
}
