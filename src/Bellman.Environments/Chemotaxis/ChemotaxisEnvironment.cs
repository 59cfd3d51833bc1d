namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// One robot looks for one cell, choosing its displacement itself. Actions are a direction whose length, at most 1, scales the step
/// length; observations are ten numbers: the direction in which the concentration rises (3), the cell's bearing while near and
/// zero while far (3), the offset to the nearest obstacle in units of the blocked distance while blocked and zero otherwise (3), ln c.
/// </summary>
public sealed class ChemotaxisEnvironment : IEnvironment, IRenderable
{
    private readonly Vector3D[] displacement = new Vector3D[1];
    private readonly double[] reward = new double[1];

    /// <summary>The task with the given constants.</summary>
    /// <exception cref="UsageException">An option is out of range, or two contradict each other.</exception>
    public ChemotaxisEnvironment(ChemotaxisOptions options) => World = new ChemotaxisWorld3D(options);

    /// <summary>The world with its one robot.</summary>
    public ChemotaxisWorld3D World { get; }

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(
        [-1, -1, -1, -1, -1, -1, -1, -1, -1, float.NegativeInfinity], [1, 1, 1, 1, 1, 1, 1, 1, 1, float.PositiveInfinity]);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Box(-1, 1, 3);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        World.Reset(random);
        Observe(random, observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var direction = new Vector3D(action[0], action[1], action[2]);
        if (direction.Length > 1) { direction = direction.Unit; }
        World.NearestCell(World.Robots[0], out var distance);
        var result = Advance(direction * World.StepLength(distance), random);
        Observe(random, observation);
        return result;
    }

    /// <summary>One step by an exact displacement, without the observation.</summary>
    public StepResult Advance(Vector3D move, RandomStream random)
    {
        displacement[0] = move;
        var captured = World.Step(displacement, random, reward);
        return new StepResult(reward[0], Terminated: captured);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => World.Exchange(state);

    /// <inheritdoc/>
    public string RenderText() => ChemotaxisRendering.Text(World);

    /// <inheritdoc/>
    public RgbImage RenderImage() => ChemotaxisRendering.Image(World);

    private void Observe(RandomStream random, Span<float> observation)
    {
        var (position, options) = (World.Robots[0], World.Options);
        Write(World.Field.Direction(position, options.SensorNoise, random), observation);
        var cell = World.NearestCell(position, out var distance);
        Write(distance <= options.NearDistance ? (World.Cells[cell] - position).Unit : Vector3D.Zero, observation[3..]);
        var obstacle = World.Obstacles.Nearest(position, out var clearance);
        Write(clearance < options.BlockedDistance ? (World.Obstacles[obstacle] - position) * (1 / options.BlockedDistance) : Vector3D.Zero, observation[6..]);
        observation[9] = (float)World.Field.Read(position, options.SensorNoise, random);
    }

    private static void Write(Vector3D vector, Span<float> target)
    {
        // A unit vector may exceed 1 by a rounding error; the space does not.
        target[0] = Math.Clamp((float)vector.X, -1, 1);
        target[1] = Math.Clamp((float)vector.Y, -1, 1);
        target[2] = Math.Clamp((float)vector.Z, -1, 1);
    }
}
