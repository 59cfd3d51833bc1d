namespace Bellman.Environments.MiniGrid;

/// <summary>
/// A small room shows a key or a ball; at the far end of a corridor both lie apart, and the agent has to turn to the
/// one it has seen.
/// </summary>
internal sealed class MemoryLevel(string id, int size, bool randomLength = false) : GridLevel(
    id, "Remember an object and choose the same one at the end of a corridor.", size, size, 5 * size * size, GridTask.StandOnTarget)
{
    private const int RoomEnd = 4;

    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        var middle = Width / 2;
        var end = randomLength ? random.Between(RoomEnd, Width - 2) : Width - 3;
        world.Enclose(world.Map());
        for (var side = -1; side <= 1; side += 2)
        {
            world.Fill(new GridArea(1, middle + 2 * side, RoomEnd, 1), GridCell.Wall);
            world.Fill(new GridArea(RoomEnd, middle + side, end - RoomEnd, 1), GridCell.Wall);
        }
        world.Fill(new GridArea(end, 0, 1, Width), GridCell.Wall);
        world.Set(end, middle, GridCell.Empty);
        world.Fill(new GridArea(end + 2, 0, 1, Width), GridCell.Wall);
        world.SetAgent(random.Between(1, end + 1), middle, 0);

        var (key, ball) = (GridCell.Key(GridColour.Green), GridCell.Ball(GridColour.Green));
        var shown = random.NextInt32(2) == 0 ? key : ball;
        var (upper, lower) = random.NextInt32(2) == 0 ? (ball, key) : (key, ball);
        world.Set(1, middle - 1, shown);
        world.Set(end + 1, middle - 2, upper);
        world.Set(end + 1, middle + 2, lower);
        // Standing next to an object chooses it.
        var (above, below) = (world.Index(end + 1, middle - 1), world.Index(end + 1, middle + 1));
        (world.Episode.Target, world.Episode.Decoy) = shown == upper ? (above, below) : (below, above);
    }

    public override string Mission(MiniGridWorld world) => "go to the matching object at the end of the hallway";
}
