namespace Bellman.Environments.MiniGrid;

/// <summary>What a level of two rooms with a locked door between them adds.</summary>
/// <param name="Target">Kind of the object to pick up in the right room; empty to only open the door.</param>
/// <param name="TargetColour">Its colour; null for a random one.</param>
/// <param name="KeyInBox">The key is hidden in a box.</param>
/// <param name="Blocked">A ball lies in front of the door, on the agent's side.</param>
internal sealed record TwoRooms(GridKind Target = GridKind.Empty, GridColour? TargetColour = null, bool KeyInBox = false, bool Blocked = false);

/// <summary>Two rooms of size 6 with a locked door between them: Unlock, UnlockPickup, ObstructedMaze-1D.</summary>
internal sealed class TwoRoomsLevel(string id, string summary, int maximumSteps, TwoRooms layout) : GridLevel(
    id, summary, RoomGrid.Extent(2, Size), RoomGrid.Extent(1, Size), maximumSteps,
    layout.Target == GridKind.Empty ? GridTask.OpenTarget : GridTask.PickUpTarget)
{
    private const int Size = 6;

    // The obstructed mazes fix the colours of what only stands in the way.
    private static readonly GridCell HidingBox = GridCell.Box(GridColour.Grey);

    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        Span<Room> storage = stackalloc Room[RoomGrid.MaximumRooms];
        var rooms = new RoomGrid(world, random, storage, Size);
        var doorColour = random.NextColour();
        var (doorX, doorY) = rooms.AddDoor(0, 0, RoomGrid.Right, doorColour, locked: true);
        if (layout.Target == GridKind.Empty)
        {
            world.Episode.Target = world.Index(doorX, doorY);
        }
        else
        {
            var target = new GridCell(layout.Target, layout.TargetColour ?? random.NextColour());
            rooms.AddObject(1, 0, target);
            world.Episode.Target = target.Code;
        }
        if (layout.Blocked)
        {
            world.Set(doorX - 1, doorY, GridCell.Ball(layout.TargetColour is null ? random.NextColour() : GridColour.Green));
        }
        var key = GridCell.Key(doorColour);
        var (x, y) = rooms.AddObject(0, 0, layout.KeyInBox ? HidingBox : key);
        if (layout.KeyInBox) { world.SetBox(x, y, HidingBox, key); }
        rooms.PlaceAgent(0, 0);
    }

    public override string Mission(MiniGridWorld world) => layout.Target == GridKind.Empty ? "open the door" : PickUpMission.Of(world);
}

/// <summary>A corridor with rooms on both sides; a ball lies behind a locked door on its right, the key on its left.</summary>
internal sealed class KeyCorridorLevel(string id, int roomSize, int rows) : GridLevel(
    id, "Find the key in the rooms of a corridor and fetch the ball behind the locked door.",
    RoomGrid.Extent(3, roomSize), RoomGrid.Extent(rows, roomSize), 30 * roomSize * roomSize, GridTask.PickUpTarget)
{
    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        Span<Room> storage = stackalloc Room[RoomGrid.MaximumRooms];
        var rooms = new RoomGrid(world, random, storage, roomSize);
        for (var j = 1; j < rows; j++) { rooms.OpenUpwards(1, j); }
        var lockedRow = random.NextInt32(rows);
        var doorColour = random.NextColour();
        rooms.AddDoor(2, lockedRow, RoomGrid.Left, doorColour, locked: true);
        var ball = GridCell.Ball(random.NextColour());
        rooms.AddObject(2, lockedRow, ball);
        rooms.AddObject(0, random.NextInt32(rows), GridCell.Key(doorColour));
        rooms.PlaceAgent(1, rows / 2);
        rooms.ConnectAll();
        world.Episode.Target = ball.Code;
    }

    public override string Mission(MiniGridWorld world) => PickUpMission.Of(world);
}
