using Bellman.Environments.MiniGrid;

namespace Bellman.Tests.Environments.MiniGrid;

/// <summary>
/// Where the agent could get if it carried as much as it liked: keys and what is in boxes are used once touched, objects
/// are moved out of the way. It over-estimates only where carrying one thing at a time matters.
/// </summary>
internal sealed class Reach
{
    /// <summary>What lies on a reached cell or beside one.</summary>
    public List<GridCell> Touched { get; } = [];

    /// <summary>Whether an area without a wall around it was reached.</summary>
    public bool LeavesTheMap { get; }

    public Reach(MiniGridWorld world)
    {
        var keys = new HashSet<GridColour>();
        for (var before = -1; before != keys.Count;)
        {
            before = keys.Count;
            Touched.Clear();
            var seen = new HashSet<(int X, int Y)> { (world.AgentX, world.AgentY) };
            var open = new Queue<(int X, int Y)>(seen);
            while (open.TryDequeue(out var at))
            {
                if (at.X <= 0 || at.Y <= 0 || at.X >= world.Width - 1 || at.Y >= world.Height - 1)
                {
                    LeavesTheMap = true;
                    continue;
                }
                foreach (var (x, y) in ((int, int)[])[(at.X + 1, at.Y), (at.X, at.Y + 1), (at.X - 1, at.Y), (at.X, at.Y - 1)])
                {
                    var cell = world[x, y];
                    if (cell.Kind == GridKind.Wall || !seen.Add((x, y))) { continue; }
                    Touched.Add(cell);
                    var inside = world.Content(x, y);
                    if (inside != GridCell.Empty) { Touched.Add(inside); }
                    foreach (var key in (GridCell[])[cell, inside]) { if (key.Kind == GridKind.Key) { keys.Add(key.Colour); } }
                    if (cell.Kind != GridKind.Lava && !(cell.IsDoor(DoorState.Locked) && !keys.Contains(cell.Colour))) { open.Enqueue((x, y)); }
                }
            }
        }
    }
}
