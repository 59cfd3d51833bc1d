namespace Bellman.Environments;

/// <summary>
/// <c>CartPole-v1</c>: push a cart left or right so that the pole on it stays up (Barto, Sutton and Anderson 1983).
/// Observation [x, xDot, theta, thetaDot] in m, m/s, rad, rad/s; actions 0 left, 1 right; reward 1 every step, also the
/// one that ends the episode.
/// </summary>
public sealed class CartPole : IEnvironment, IRenderable
{
    private const double Gravity = 9.8;
    private const double PoleMass = 0.1;
    private const double TotalMass = 1.0 + PoleMass;
    private const double HalfLength = 0.5;
    private const double Force = 10.0;
    private const double TimeStep = 0.02;
    private const double PositionLimit = 2.4;
    private const double AngleLimit = 12 * 2 * Math.PI / 360;

    private double x, xDot, theta, thetaDot;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(
        [(float)(-2 * PositionLimit), float.NegativeInfinity, (float)(-2 * AngleLimit), float.NegativeInfinity],
        [(float)(2 * PositionLimit), float.PositiveInfinity, (float)(2 * AngleLimit), float.PositiveInfinity]);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(2);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        x = random.NextUniform(-0.05, 0.05);
        xDot = random.NextUniform(-0.05, 0.05);
        theta = random.NextUniform(-0.05, 0.05);
        thetaDot = random.NextUniform(-0.05, 0.05);
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var force = action[0] == 1 ? Force : -Force;
        var (sin, cos) = Math.SinCos(theta);
        // t = (F + m l thetaDot^2 sin theta) / M
        var t = (force + PoleMass * HalfLength * thetaDot * thetaDot * sin) / TotalMass;
        // thetaDot' = (g sin theta - t cos theta) / (l (4/3 - m cos^2 theta / M));  xDot' = t - m l thetaDot' cos theta / M
        var thetaAcceleration = (Gravity * sin - cos * t) / (HalfLength * (4.0 / 3.0 - PoleMass * cos * cos / TotalMass));
        var xAcceleration = t - PoleMass * HalfLength * thetaAcceleration * cos / TotalMass;

        // Explicit Euler: positions move with the velocities from before the step.
        x += TimeStep * xDot;
        xDot += TimeStep * xAcceleration;
        theta += TimeStep * thetaDot;
        thetaDot += TimeStep * thetaAcceleration;
        Write(observation);
        return new StepResult(1, Terminated: Math.Abs(x) > PositionLimit || Math.Abs(theta) > AngleLimit);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(x), ref x);
        state.Value(nameof(xDot), ref xDot);
        state.Value(nameof(theta), ref theta);
        state.Value(nameof(thetaDot), ref thetaDot);
        RestoredState.RequireWithin(state, nameof(x), x, -2 * PositionLimit, 2 * PositionLimit);
        RestoredState.RequireFinite(state, nameof(xDot), xDot);
        RestoredState.RequireWithin(state, nameof(theta), theta, -2 * AngleLimit, 2 * AngleLimit);
        RestoredState.RequireFinite(state, nameof(thetaDot), thetaDot);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        const int Columns = 49;
        var track = new char[Columns];
        Array.Fill(track, '-');
        var cart = (int)Math.Clamp(Math.Round((x / PositionLimit + 1) / 2 * (Columns - 1)), 0, Columns - 1);
        track[cart] = theta switch { < -0.02 => '\\', > 0.02 => '/', _ => '|' };
        return $"[{new string(track)}]\nx {x:0.000}  xDot {xDot:0.000}  theta {theta:0.000}  thetaDot {thetaDot:0.000}\n";
    }

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Width = 600;
        const double Scale = Width / (2 * PositionLimit + 0.4);
        const double Track = 300;
        var canvas = new Canvas(Width, 400, Palette.Background);
        canvas.Line(0, Track, Width, Track, 2, Palette.Ink);
        foreach (var limit in (double[])[-PositionLimit, PositionLimit])
        {
            canvas.Line(Width / 2 + limit * Scale, Track - 8, Width / 2 + limit * Scale, Track + 8, 2, Palette.Red);
        }
        var centre = Width / 2 + x * Scale;
        canvas.Disc(centre - 18, Track - 6, 6, Palette.Ink);
        canvas.Disc(centre + 18, Track - 6, 6, Palette.Ink);
        canvas.Rectangle(centre - 32, Track - 38, 64, 30, Palette.Dark);
        var axle = Track - 38;
        var length = 2 * HalfLength * Scale * 1.25;
        canvas.Line(centre, axle, centre + length * Math.Sin(theta), axle - length * Math.Cos(theta), 11, Palette.Wood);
        canvas.Disc(centre, axle, 5, Palette.Blue);
        return canvas.Image;
    }

    private void Write(Span<float> observation)
    {
        observation[0] = (float)x;
        observation[1] = (float)xDot;
        observation[2] = (float)theta;
        observation[3] = (float)thetaDot;
    }
}
