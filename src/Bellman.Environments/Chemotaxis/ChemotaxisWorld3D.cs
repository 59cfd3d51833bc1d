namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// Robots, randomly walking cells, the biomarkers around the cells, and static obstacles, in a box of three
/// dimensions. The world knows positions and what a move does; what robots see and choose is built on top.
/// </summary>
/// <remarks>
/// The order of random draws is part of the contract. Reset: cells, robots (each until it is at least 1 from every cell),
/// obstacles, biomarkers. Step: sensor errors of the robots' moves (none without sensor noise), each free cell's walk,
/// each free cell's biomarkers. A vector is drawn as x, y, z.
/// </remarks>
public sealed class ChemotaxisWorld3D : IStateful
{
    private const double StartClearance = 1;

    private readonly int[] capturedBy;
    private int collisions;

    /// <summary>A world for the given numbers of robots and cells, each at least 1; empty until reset or placed.</summary>
    /// <exception cref="UsageException">An option is out of range, or two contradict each other.</exception>
    public ChemotaxisWorld3D(ChemotaxisOptions options, int robots = 1, int cells = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(robots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cells, 1);
        Options = OptionSet.Validated(options, "the chemotaxis world");
        RobotCount = robots;
        Robots = new PointSet(robots);
        Cells = new PointSet(cells);
        Obstacles = new PointSet(options.Obstacles);
        Field = new BiomarkerField(new PointSet(cells * options.Biomarkers), options.ConcentrationRadius);
        capturedBy = new int[cells];
    }

    /// <summary>The constants.</summary>
    public ChemotaxisOptions Options { get; }

    /// <summary>How many robots there are.</summary>
    public int RobotCount { get; }

    /// <summary>Where the robots are.</summary>
    public PointSet Robots { get; }

    /// <summary>Where the cells are; a captured cell stays where it was captured.</summary>
    public PointSet Cells { get; }

    /// <summary>The obstacles' centres.</summary>
    public PointSet Obstacles { get; }

    /// <summary>The biomarkers of the cells that are free.</summary>
    public BiomarkerField Field { get; }

    /// <summary>For each cell the robot that captured it, -1 while it is free.</summary>
    public ReadOnlySpan<int> CapturedBy => capturedBy;

    /// <summary>Moves cancelled by an obstacle since the reset, over all robots.</summary>
    public int Collisions => collisions;

    /// <summary>Whether no cell is free.</summary>
    public bool AllCaptured => !capturedBy.AsSpan().Contains(-1);

    /// <summary>
    /// Draws a new world. A single robot starts in the corner cube [-E, -E/2]^3, several anywhere in the box.
    /// Obstacles closer to a robot than the blocked distance are left out.
    /// </summary>
    public void Reset(RandomStream random)
    {
        var edge = Options.HalfEdge;
        Array.Fill(capturedBy, -1);
        collisions = 0;
        Cells.Clear();
        for (var i = 0; i < capturedBy.Length; i++) { Cells.Add(Vector3D.Uniform(random, -edge, edge)); }
        Robots.Clear();
        for (var i = 0; i < RobotCount; i++)
        {
            Vector3D start;
            do { start = Vector3D.Uniform(random, -edge, RobotCount == 1 ? -edge / 2 : edge); }
            while (Cells.AnyWithin(start, StartClearance));
            Robots.Add(start);
        }
        Obstacles.Clear();
        for (var i = 0; i < Options.Obstacles; i++) { Obstacles.Add(Vector3D.Uniform(random, -edge, edge)); }
        for (var i = 0; i < RobotCount; i++) { Obstacles.RemoveWithin(Robots[i], Options.BlockedDistance); }
        DrawBiomarkers(random);
    }

    /// <summary>Puts everything where the caller says, every cell free: for tests and for demonstrations.</summary>
    /// <exception cref="ArgumentException">There are not as many robots or cells as the world was made for, or too many of the others.</exception>
    public void Place(ReadOnlySpan<Vector3D> robots, ReadOnlySpan<Vector3D> cells, ReadOnlySpan<Vector3D> obstacles, ReadOnlySpan<Vector3D> biomarkers)
    {
        if (robots.Length != RobotCount || cells.Length != capturedBy.Length || biomarkers.Length == 0)
        {
            throw new ArgumentException($"This world takes {RobotCount} robots, {capturedBy.Length} cells and at least one biomarker.");
        }
        Array.Fill(capturedBy, -1);
        collisions = 0;
        Robots.Set(robots);
        Cells.Set(cells);
        Obstacles.Set(obstacles);
        Field.Particles.Set(biomarkers);
    }

    /// <summary>The nearest free cell (nearest of all once none is free) and its distance.</summary>
    public int NearestCell(Vector3D point, out double distance)
    {
        var (best, bestSquared, ignoreCaptures) = (-1, double.PositiveInfinity, AllCaptured);
        for (var i = 0; i < capturedBy.Length; i++)
        {
            var squared = Cells.SquaredDistance(i, point);
            if (squared < bestSquared && (capturedBy[i] < 0 || ignoreCaptures)) { (best, bestSquared) = (i, squared); }
        }
        distance = Math.Sqrt(bestSquared);
        return best;
    }

    /// <summary>How far a robot at this distance from a cell moves in one step.</summary>
    public double StepLength(double distance) =>
        distance <= Options.NearDistance ? Math.Min(Options.FarStep, Options.NearSpeed / (distance + 0.1)) : Options.FarStep;

    /// <summary>
    /// One step: every robot moves by its displacement, cells that were reached are captured, the others walk and may
    /// walk into a robot.
    /// </summary>
    /// <param name="displacements">One a robot.</param>
    /// <param name="random">The stream of the world.</param>
    /// <param name="rewards">Receives one a robot.</param>
    /// <returns>Whether every cell is captured.</returns>
    public bool Step(ReadOnlySpan<Vector3D> displacements, RandomStream random, Span<double> rewards)
    {
        for (var i = 0; i < RobotCount; i++) { rewards[i] = Move(i, displacements[i], random); }
        Capture(rewards);
        if (AllCaptured) { return true; }
        MoveCells(random);
        Capture(rewards);
        return AllCaptured;
    }

    /// <summary>Each free cell walks, then the biomarkers are drawn around where the free cells are now.</summary>
    public void MoveCells(RandomStream random)
    {
        for (var i = 0; i < capturedBy.Length; i++)
        {
            if (capturedBy[i] >= 0) { continue; }
            var moved = Cells[i] + Vector3D.Gaussian(random, Options.CellDeviation);
            Cells[i] = Options.CellsStayInBox ? moved.Clip(Options.HalfEdge) : moved;
        }
        DrawBiomarkers(random);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("robots", Robots);
        state.Part("cells", Cells);
        state.Part("obstacles", Obstacles);
        state.Part("biomarkers", Field.Particles);
        state.Array<int>(nameof(capturedBy), capturedBy);
        state.Value(nameof(collisions), ref collisions);
        if (!state.IsLoading) { return; }
        if (Robots.Count != RobotCount || Cells.Count != capturedBy.Length || Field.Particles.Count == 0)
        {
            throw new UsageException(
                $"The state has {Robots.Count} robots, {Cells.Count} cells and {Field.Particles.Count} biomarkers; this world takes {RobotCount}, {capturedBy.Length} and at least one.");
        }
        if (capturedBy.AsSpan().ContainsAnyExceptInRange(-1, RobotCount - 1))
        {
            throw new UsageException($"The state has capturedBy = [{string.Join(", ", capturedBy)}]; each is a robot from 0 to {RobotCount - 1}, or -1 for a free cell.");
        }
    }

    /// <summary>Moves a robot while cells and biomarkers are frozen, so that the reward depends on its action alone.</summary>
    private double Move(int robot, Vector3D displacement, RandomStream random)
    {
        var from = Robots[robot];
        var to = (from + displacement).Clip(Options.HalfEdge);
        var collided = Obstacles.AnyWithin(to, Options.ObstacleRadius);
        if (collided)
        {
            to = from;
            collisions++;
        }
        Robots[robot] = to;
        // r = shaping(p, p') - .01 - .5 collided
        return Shaping(from, to, random) - Options.StepCost - (collided ? Options.CollisionCost : 0);
    }

    private double Shaping(Vector3D from, Vector3D to, RandomStream random)
    {
        double shaping;
        NearestCell(from, out var distance);
        if (distance <= Options.NearDistance)
        {
            // near: clip((d(p) - d(p')) / .05, -1, 1)
            NearestCell(to, out var after);
            shaping = (distance - after) / Options.NearScale;
        }
        else if (to == from && Options.SensorNoise == 0)
        {
            shaping = 0;
        }
        else
        {
            // far: clip((ln c(p') - ln c(p)) / .005, -1, 1)
            shaping = (Field.Read(to, Options.SensorNoise, random) - Field.Read(from, Options.SensorNoise, random)) / Options.FarScale;
        }
        return Options.ClipShaping ? Math.Clamp(shaping, -1, 1) : shaping;
    }

    private void Capture(Span<double> rewards)
    {
        for (var i = 0; i < capturedBy.Length; i++)
        {
            if (capturedBy[i] >= 0) { continue; }
            var robot = Robots.Nearest(Cells[i], out var distance);
            if (distance >= Options.CaptureDistance) { continue; }
            capturedBy[i] = robot;
            rewards[robot] += Options.CaptureReward;
        }
    }

    private void DrawBiomarkers(RandomStream random)
    {
        Field.Particles.Clear();
        for (var i = 0; i < capturedBy.Length; i++)
        {
            if (capturedBy[i] >= 0) { continue; }
            for (var j = 0; j < Options.Biomarkers; j++)
            {
                Field.Particles.Add(Cells[i] + Vector3D.Uniform(random, -Options.BiomarkerSpread, Options.BiomarkerSpread));
            }
        }
    }
}
