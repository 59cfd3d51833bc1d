namespace Bellman.Environments.MiniGrid;

/// <summary>Draws positions uniformly among the empty cells of an area, by rejection.</summary>
internal static class Placement
{
    /// <summary>A uniform integer in [low, high).</summary>
    public static int Between(this RandomStream random, int low, int high) => low + random.NextInt32(high - low);

    /// <summary>A uniform colour.</summary>
    public static GridColour NextColour(this RandomStream random) => (GridColour)random.NextInt32((int)GridColour.Grey + 1);

    /// <summary>
    /// Puts an object on an empty cell that is not the agent's; with <paramref name="apartFromAgent"/>, not on a
    /// neighbour of the agent's either.
    /// </summary>
    public static (int X, int Y) Place(this MiniGridWorld world, RandomStream random, GridCell cell, GridArea area, bool apartFromAgent = false)
    {
        while (true)
        {
            var (x, y) = (random.Between(area.X, area.X + area.Width), random.Between(area.Y, area.Y + area.Height));
            var distance = Math.Abs(x - world.AgentX) + Math.Abs(y - world.AgentY);
            if (world[x, y] != GridCell.Empty || distance < (apartFromAgent ? 2 : 1)) { continue; }
            world.Set(x, y, cell);
            return (x, y);
        }
    }

    /// <summary>Puts the agent on an empty cell, with a uniform heading.</summary>
    public static void PlaceAgent(this MiniGridWorld world, RandomStream random, GridArea area)
    {
        world.SetAgent(-1, -1, 0);
        var (x, y) = world.Place(random, GridCell.Empty, area);
        world.SetAgent(x, y, random.NextInt32(4));
    }

    /// <summary>The whole map.</summary>
    public static GridArea Map(this MiniGridWorld world) => new(0, 0, world.Width, world.Height);
}
