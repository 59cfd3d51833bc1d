namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// What several robots achieve together. A robot's distance is to its nearest cell, captured or not: measuring every robot against the
/// first cell, as the published program does, hides those at the second.
/// </summary>
public sealed class SwarmMetrics(ChemotaxisWorld3D world) : IStateful
{
    private readonly int[] firstContact = NewTimes(world.RobotCount);
    private readonly int[] firstVisit = NewTimes(world.CapturedBy.Length);

    /// <summary>For each robot the first step at which it was within the capture distance of a cell; -1 if it never was.</summary>
    public ReadOnlySpan<int> FirstContact => firstContact;

    /// <summary>For each cell the first step at which a robot was within the capture distance; -1 if none ever was.</summary>
    public ReadOnlySpan<int> FirstVisit => firstVisit;

    /// <summary>Cells that some robot came within the capture distance of.</summary>
    public int CellsVisited => firstVisit.Length - firstVisit.AsSpan().Count(-1);

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
            var assigned = new int[world.Cells.Count];
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
        Array.Fill(firstVisit, -1);
    }

    /// <summary>Takes note of who is at a cell after this step (counted from 1).</summary>
    public void Record(int step)
    {
        for (var i = 0; i < world.RobotCount; i++)
        {
            var cell = world.Cells.Nearest(world.Robots[i], out var distance);
            if (distance < world.Options.CaptureDistance) { Contact(i, cell, step); }
        }
        for (var cell = 0; cell < firstVisit.Length; cell++)
        {
            // Two cells may lie together: the one captured is not always the robot's nearest.
            if (world.CapturedBy[cell] is var robot && robot >= 0) { Contact(robot, cell, step); }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<int>(nameof(firstContact), firstContact);
        state.Array<int>(nameof(firstVisit), firstVisit);
    }

    private void Contact(int robot, int cell, int step)
    {
        if (firstVisit[cell] < 0) { firstVisit[cell] = step; }
        if (firstContact[robot] < 0) { firstContact[robot] = step; }
    }

    private static int[] NewTimes(int count)
    {
        var times = new int[count];
        Array.Fill(times, -1);
        return times;
    }
}
