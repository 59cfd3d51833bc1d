namespace Bellman.Environments;

/// <summary>
/// <c>MountainCar-v0</c>: a car in a valley, too weak to drive straight up, reaches the flag on the right hill by
/// swinging (Moore 1990). Observation [position, velocity]; actions 0 left, 1 coast, 2 right; reward -1 a step.
/// </summary>
public sealed class MountainCar : IEnvironment, IRenderable
{
    private const double Goal = 0.5;
    private const double Force = 0.001;

    private Valley car;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = Valley.Space();

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(3);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        car.Reset(random);
        car.Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        car.Move((action[0] - 1) * Force);
        car.Write(observation);
        return new StepResult(-1, Terminated: car.Position >= Goal && car.Velocity >= 0);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => car.Exchange(state);

    /// <inheritdoc/>
    public string RenderText() => car.RenderText(Goal);

    /// <inheritdoc/>
    public RgbImage RenderImage() => car.RenderImage(Goal);
}
