namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// What several robots achieve together. A robot's distance is to its nearest cell, captured or not: measuring every robot against the
/// first cell, as the published program does, hides those at the second.
/// </summary>
public sealed class SwarmMetrics(ChemotaxisWorld3D world) : IStateful
{
    private readonly int[] firstContact = NewTimes(world.RobotCount);
    private readonly bool[] visited = new bool[world.CapturedBy.Length];

    /// <summary>For each robot the first step at which it was within the capture distance of a cell; -1 if it never was.</summary>
    public ReadOnlySpan<int> FirstContact => firstContact;

    /// <summary>Cells that some robot came within the capture distance of.</summary>
    public int CellsVisited => visited.AsSpan().Count(true);

    /// <summary>Share of the robots that are within the near distance of a cell now.</summary>
    public double ShareNear
    {
        get
        {
            var near = 0;
            for (var i = 0; i < world.RobotCount; i++) { if (Distance(i) <= world.Options.NearDistance) { near++; } }
            return (double)near / world.RobotCount;
        }
    }

    /// <summary>Mean over the robots of the distance to the nearest cell, now.</summary>
    public double MeanDistance
    {
        get
        {
            var total = 0.0;
            for (var i = 0; i < world.RobotCount; i++) { total += Distance(i); }
            return total / world.RobotCount;
        }
    }

    /// <summary>
    /// The least divided by the greatest number of robots that have a cell as their nearest: 1 when they are spread evenly, 0 when some
    /// cell has none.
    /// </summary>
    public double AssignmentBalance
    {
        get
        {
            Span<int> assigned = stackalloc int[world.Cells.Count <= 256 ? world.Cells.Count : 0];
            if (assigned.IsEmpty) { assigned = new int[world.Cells.Count]; }
            assigned.Clear();
            for (var i = 0; i < world.RobotCount; i++) { assigned[world.Cells.Nearest(world.Robots[i], out _)]++; }
            var (least, greatest) = (int.MaxValue, 0);
            foreach (var count in assigned) { (least, greatest) = (Math.Min(least, count), Math.Max(greatest, count)); }
            return (double)least / greatest;
        }
    }

    /// <summary>A robot's distance to its nearest cell, now.</summary>
    public double Distance(int robot)
    {
        world.Cells.Nearest(world.Robots[robot], out var distance);
        return distance;
    }

    /// <summary>Forgets the episode before.</summary>
    public void Begin()
    {
        Array.Fill(firstContact, -1);
        Array.Clear(visited);
    }

    /// <summary>Takes note of who is at a cell after this step (counted from 1).</summary>
    public void Record(int step)
    {
        for (var i = 0; i < world.RobotCount; i++)
        {
            var cell = world.Cells.Nearest(world.Robots[i], out var distance);
            if (distance >= world.Options.CaptureDistance) { continue; }
            visited[cell] = true;
            if (firstContact[i] < 0) { firstContact[i] = step; }
        }
        for (var cell = 0; cell < visited.Length; cell++)
        {
            // Captured before the cells walked on, so perhaps no longer in reach.
            if (world.CapturedBy[cell] is var robot && robot >= 0)
            {
                visited[cell] = true;
                if (firstContact[robot] < 0) { firstContact[robot] = step; }
            }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<int>(nameof(firstContact), firstContact);
        state.Array<bool>(nameof(visited), visited);
    }

    private static int[] NewTimes(int count)
    {
        var times = new int[count];
        Array.Fill(times, -1);
        return times;
    }
}
