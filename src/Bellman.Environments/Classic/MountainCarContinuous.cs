namespace Bellman.Environments;

/// <summary>
/// <c>MountainCarContinuous-v0</c>: the mountain car with a throttle in [-1, 1]; reward -0.1 throttle^2 a step, and 100
/// at the flag. Observation [position, velocity].
/// </summary>
/// <remarks>Computed in double precision; Gymnasium rounds the state to single precision after each step.</remarks>
public sealed class MountainCarContinuous : IEnvironment, IRenderable
{
    private const double Goal = 0.45;
    private const double Power = 0.0015;

    private Valley car;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = Valley.Space();

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Box(-1, 1, 1);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        car.Reset(random);
        car.Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        double throttle = action[0];
        car.Move(Math.Clamp(throttle, -1, 1) * Power);
        car.Write(observation);
        var reached = car.Position >= Goal && car.Velocity >= 0;
        return new StepResult((reached ? 100 : 0) - 0.1 * throttle * throttle, Terminated: reached);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => car.Exchange(state);

    /// <inheritdoc/>
    public string RenderText() => car.RenderText(Goal);

    /// <inheritdoc/>
    public RgbImage RenderImage() => car.RenderImage(Goal);
}
