namespace Bellman.Environments;

/// <summary>
/// <c>Pendulum-v1</c>: swing a pendulum up with a motor too weak to lift it, and hold it there. Observation
/// [cos theta, sin theta, thetaDot] with theta = 0 upright; action: torque in [-2, 2] N m; reward
/// -(theta^2 + 0.1 thetaDot^2 + 0.001 torque^2). It never terminates.
/// </summary>
public sealed class Pendulum : IEnvironment, IRenderable
{
    private const double Gravity = 10;
    private const double Mass = 1;
    private const double Length = 1;
    private const double MaximumSpeed = 8;
    private const double MaximumTorque = 2;
    private const double TimeStep = 0.05;

    private double theta, thetaDot, torque;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box([-1, -1, (float)-MaximumSpeed], [1, 1, (float)MaximumSpeed]);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Box((float)-MaximumTorque, (float)MaximumTorque, 1);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        theta = random.NextUniform(-Math.PI, Math.PI);
        thetaDot = random.NextUniform(-1, 1);
        torque = 0;
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        torque = Math.Clamp((double)action[0], -MaximumTorque, MaximumTorque);
        var angle = Wrap(theta);
        var cost = angle * angle + 0.1 * thetaDot * thetaDot + 0.001 * torque * torque;
        // thetaDot <- clip(thetaDot + (3g / (2l) sin theta + 3 / (m l^2) u) dt);  theta <- theta + thetaDot dt, with the new speed
        var acceleration = 3 * Gravity / (2 * Length) * Math.Sin(theta) + 3 / (Mass * Length * Length) * torque;
        thetaDot = Math.Clamp(thetaDot + acceleration * TimeStep, -MaximumSpeed, MaximumSpeed);
        theta += thetaDot * TimeStep;
        Write(observation);
        return new StepResult(-cost);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(theta), ref theta);
        state.Value(nameof(thetaDot), ref thetaDot);
        // Shown in pictures only; what follows does not depend on it.
        if (state.IsLoading) { torque = 0; }
        RestoredState.RequireFinite(state, nameof(theta), theta);
        RestoredState.RequireWithin(state, nameof(thetaDot), thetaDot, -MaximumSpeed, MaximumSpeed);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        // Twelve hours of a clock face, the pendulum's end at one of them.
        const string Face = "  .....  \n .     . \n.       .\n.   o   .\n.       .\n .     . \n  .....  ";
        var rows = Face.Split('\n').Select(row => row.ToCharArray()).ToArray();
        var row = 3 - (int)Math.Round(3 * Math.Cos(theta));
        var column = 4 - (int)Math.Round(4 * Math.Sin(theta));
        rows[row][column] = '@';
        return $"{string.Join('\n', rows.Select(line => new string(line)))}\ntheta {Wrap(theta):0.000}  thetaDot {thetaDot:0.000}  torque {torque:0.000}\n";
    }

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Size = 400;
        const double Centre = Size / 2;
        const double Rod = 145;
        var canvas = new Canvas(Size, Size, Palette.Background);
        canvas.Ring(Centre, Centre, Rod, 1, Palette.Line);
        // Positive angles turn counter-clockwise from upright.
        var (sin, cos) = Math.SinCos(theta);
        canvas.Line(Centre, Centre, Centre - Rod * sin, Centre - Rod * cos, 30, Palette.Red);
        DrawTorque(canvas, Centre);
        canvas.Disc(Centre, Centre, 7, Palette.Ink);
        return canvas.Image;
    }

    private void DrawTorque(Canvas canvas, double centre)
    {
        const double Radius = 48;
        const int Pieces = 24;
        if (Math.Abs(torque) < 1e-3) { return; }
        // The arc begins at the top and turns the way the motor does, longer for a stronger torque.
        var sweep = -torque / MaximumTorque * 0.75 * Math.PI;
        var (x, y) = (centre, centre - Radius);
        for (var i = 1; i <= Pieces; i++)
        {
            var angle = sweep * i / Pieces;
            var (nextX, nextY) = (centre + Radius * Math.Sin(angle), centre - Radius * Math.Cos(angle));
            canvas.Line(x, y, nextX, nextY, 4, Palette.Blue);
            (x, y) = (nextX, nextY);
        }
        var (tangentX, tangentY) = (Math.Cos(sweep) * Math.Sign(sweep), Math.Sin(sweep) * Math.Sign(sweep));
        canvas.Polygon(Palette.Blue,
            (x + 14 * tangentX, y + 14 * tangentY),
            (x - 9 * tangentY, y + 9 * tangentX),
            (x + 9 * tangentY, y - 9 * tangentX));
    }

    private void Write(Span<float> observation)
    {
        observation[0] = (float)Math.Cos(theta);
        observation[1] = (float)Math.Sin(theta);
        observation[2] = (float)thetaDot;
    }

    // To [-pi, pi); the remainder is exact, so this equals Gymnasium's ((angle + pi) mod 2 pi) - pi to the last bit.
    private static double Wrap(double angle)
    {
        var remainder = (angle + Math.PI) % (2 * Math.PI);
        return (remainder < 0 ? remainder + 2 * Math.PI : remainder) - Math.PI;
    }
}
