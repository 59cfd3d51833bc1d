namespace Bellman.Environments.MiniGrid;

/// <summary>One room with the goal in its corner.</summary>
internal sealed class EmptyLevel(string id, int size, bool randomStart) : GridLevel(
    id, $"Walk to the goal of an empty room{(randomStart ? " from anywhere" : "")}.", size, size, 4 * size * size)
{
    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        DrawSquare(world);
        if (randomStart) { world.PlaceAgent(random, world.Map()); }
        else { world.SetAgent(1, 1, 0); }
    }

    public override string Mission(MiniGridWorld world) => "get to the green goal square";
}

/// <summary>One room in which blue balls wander about.</summary>
internal sealed class DynamicObstaclesLevel(string id, int size, int obstacles, bool randomStart = false) : GridLevel(
    id, "Reach the goal without walking into a moving ball or a wall, which costs 1.", size, size, 4 * size * size, GridTask.AvoidObstacles)
{
    public override int Obstacles => obstacles;

    public override int Actions => 3;

    public override bool SeesThroughWalls => true;

    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        DrawSquare(world);
        if (randomStart) { world.PlaceAgent(random, world.Map()); }
        else { world.SetAgent(1, 1, 0); }
        foreach (ref var obstacle in world.Obstacles)
        {
            var (x, y) = world.Place(random, GridCell.Ball(GridColour.Blue), world.Map());
            obstacle = world.Index(x, y);
        }
    }

    public override string Mission(MiniGridWorld world) => "get to the green goal square";
}

/// <summary>A strip of lava with one gap between agent and goal.</summary>
internal sealed class LavaGapLevel(string id, int size) : GridLevel(
    id, "Cross a strip of lava through its gap.", size, size, 4 * size * size)
{
    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        DrawSquare(world);
        world.SetAgent(1, 1, 0);
        var (x, y) = (random.Between(2, Height - 2), random.Between(1, Height - 1));
        world.Fill(new GridArea(x, 1, 1, Height - 2), GridCell.Lava);
        world.Set(x, y, GridCell.Empty);
    }

    public override string Mission(MiniGridWorld world) => "avoid the lava and get to the green goal square";
}

/// <summary>Four rooms joined by a gap in each wall; agent and goal anywhere.</summary>
internal sealed class FourRoomsLevel(string id) : GridLevel(id, "Find the goal in four rooms joined by gaps.", Size, Size, 100)
{
    private const int Size = 19;
    private const int Middle = Size / 2;

    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        world.Enclose(world.Map());
        world.Fill(new GridArea(Middle, 0, 1, Size), GridCell.Wall);
        world.Fill(new GridArea(0, Middle, Size, 1), GridCell.Wall);
        world.Set(Middle, random.Between(1, Middle), GridCell.Empty);
        world.Set(random.Between(1, Middle), Middle, GridCell.Empty);
        world.Set(random.Between(Middle + 1, Size - 1), Middle, GridCell.Empty);
        world.Set(Middle, random.Between(Middle + 1, Size - 1), GridCell.Empty);
        world.PlaceAgent(random, world.Map());
        world.Place(random, GridCell.Goal, world.Map());
    }

    public override string Mission(MiniGridWorld world) => "reach the goal";
}

/// <summary>A wall with a locked door between agent and goal; the key lies on the agent's side.</summary>
internal sealed class DoorKeyLevel(string id, int size) : GridLevel(
    id, "Fetch the key, open the locked door, reach the goal.", size, size, 10 * size * size)
{
    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        DrawSquare(world);
        var split = random.Between(2, Height - 2);
        world.Fill(new GridArea(split, 0, 1, Height), GridCell.Wall);
        var agentsSide = new GridArea(0, 0, split, Height);
        world.PlaceAgent(random, agentsSide);
        world.Set(split, random.Between(1, Height - 2), GridCell.Door(GridColour.Yellow, DoorState.Locked));
        world.Place(random, GridCell.Key(GridColour.Yellow), agentsSide);
    }

    public override string Mission(MiniGridWorld world) => "use the key to open the door and then get to the goal";
}

/// <summary>A room with a red door on its left and a blue one on its right.</summary>
internal sealed class RedBlueDoorsLevel(string id, int size) : GridLevel(
    id, "Open the red door, then the blue one.", 2 * size, size, 20 * size * size, GridTask.OpenDecoyThenTarget)
{
    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        var room = new GridArea(Height / 2, 0, Height, Height);
        world.Enclose(world.Map());
        world.Enclose(room);
        world.PlaceAgent(random, room);
        var (red, blue) = (random.Between(1, Height - 1), random.Between(1, Height - 1));
        world.Set(room.X, red, GridCell.Door(GridColour.Red, DoorState.Closed));
        world.Set(room.X + Height - 1, blue, GridCell.Door(GridColour.Blue, DoorState.Closed));
        world.Episode.Decoy = world.Index(room.X, red);
        world.Episode.Target = world.Index(room.X + Height - 1, blue);
    }

    public override string Mission(MiniGridWorld world) => "open the red door then the blue door";
}
