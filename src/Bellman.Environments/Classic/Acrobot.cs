namespace Bellman.Environments;

/// <summary>
/// <c>Acrobot-v1</c>: two links hang from a bar, only the joint between them has a motor; swing the free end above the
/// line one link's length over the bar (Sutton 1996, with the equations of Sutton and Barto's book). Observation
/// [cos theta1, sin theta1, cos theta2, sin theta2, theta1Dot, theta2Dot], theta1 = 0 hanging, theta2 relative to the
/// first link; actions 0, 1, 2: torque -1, 0, 1; reward -1 a step, 0 for the one that reaches the line.
/// </summary>
public sealed class Acrobot : IEnvironment, IRenderable
{
    private const double TimeStep = 0.2;
    private const double MaximumSpeed1 = 4 * Math.PI;
    private const double MaximumSpeed2 = 9 * Math.PI;

    private double theta1, theta2, theta1Dot, theta2Dot;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(
        [-1, -1, -1, -1, (float)-MaximumSpeed1, (float)-MaximumSpeed2],
        [1, 1, 1, 1, (float)MaximumSpeed1, (float)MaximumSpeed2]);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(3);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        theta1 = random.NextUniform(-0.1, 0.1);
        theta2 = random.NextUniform(-0.1, 0.1);
        theta1Dot = random.NextUniform(-0.1, 0.1);
        theta2Dot = random.NextUniform(-0.1, 0.1);
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        Integrate(torque: action[0] - 1);
        theta1 = Wrap(theta1);
        theta2 = Wrap(theta2);
        theta1Dot = Math.Clamp(theta1Dot, -MaximumSpeed1, MaximumSpeed1);
        theta2Dot = Math.Clamp(theta2Dot, -MaximumSpeed2, MaximumSpeed2);
        Write(observation);
        // Height of the free end over the bar, in links: -cos theta1 - cos(theta1 + theta2) > 1
        var reached = -Math.Cos(theta1) - Math.Cos(theta2 + theta1) > 1;
        return new StepResult(reached ? 0 : -1, Terminated: reached);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(theta1), ref theta1);
        state.Value(nameof(theta2), ref theta2);
        state.Value(nameof(theta1Dot), ref theta1Dot);
        state.Value(nameof(theta2Dot), ref theta2Dot);
        RestoredState.RequireWithin(state, nameof(theta1), theta1, -Math.PI, Math.PI);
        RestoredState.RequireWithin(state, nameof(theta2), theta2, -Math.PI, Math.PI);
        RestoredState.RequireWithin(state, nameof(theta1Dot), theta1Dot, -MaximumSpeed1, MaximumSpeed1);
        RestoredState.RequireWithin(state, nameof(theta2Dot), theta2Dot, -MaximumSpeed2, MaximumSpeed2);
    }

    /// <inheritdoc/>
    public string RenderText() =>
        $"height {-Math.Cos(theta1) - Math.Cos(theta1 + theta2):0.000} of 1\n" +
        $"theta1 {theta1:0.000}  theta2 {theta2:0.000}  theta1Dot {theta1Dot:0.000}  theta2Dot {theta2Dot:0.000}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Size = 400;
        const double Scale = Size / 4.4;
        const double Centre = Size / 2;
        var canvas = new Canvas(Size, Size, Palette.Background);
        canvas.Line(0, Centre - Scale, Size, Centre - Scale, 2, Palette.Green);
        canvas.Line(Centre - 22, Centre, Centre + 22, Centre, 3, Palette.Grey);
        var (elbowX, elbowY) = (Centre + Scale * Math.Sin(theta1), Centre + Scale * Math.Cos(theta1));
        var (endX, endY) = (elbowX + Scale * Math.Sin(theta1 + theta2), elbowY + Scale * Math.Cos(theta1 + theta2));
        canvas.Line(Centre, Centre, elbowX, elbowY, 15, Palette.Blue);
        canvas.Line(elbowX, elbowY, endX, endY, 15, Palette.Orange);
        canvas.Disc(Centre, Centre, 6, Palette.Ink);
        canvas.Disc(elbowX, elbowY, 6, Palette.Ink);
        return canvas.Image;
    }

    /// <summary>One step of the classical fourth-order Runge-Kutta method.</summary>
    private void Integrate(double torque)
    {
        var state = new Motion(theta1, theta2, theta1Dot, theta2Dot);
        var k1 = state.Derivative(torque);
        var k2 = state.After(k1, TimeStep / 2).Derivative(torque);
        var k3 = state.After(k2, TimeStep / 2).Derivative(torque);
        var k4 = state.After(k3, TimeStep).Derivative(torque);
        // y <- y + h/6 (k1 + 2 k2 + 2 k3 + k4)
        theta1 += TimeStep / 6 * (k1.Theta1 + 2 * k2.Theta1 + 2 * k3.Theta1 + k4.Theta1);
        theta2 += TimeStep / 6 * (k1.Theta2 + 2 * k2.Theta2 + 2 * k3.Theta2 + k4.Theta2);
        theta1Dot += TimeStep / 6 * (k1.Theta1Dot + 2 * k2.Theta1Dot + 2 * k3.Theta1Dot + k4.Theta1Dot);
        theta2Dot += TimeStep / 6 * (k1.Theta2Dot + 2 * k2.Theta2Dot + 2 * k3.Theta2Dot + k4.Theta2Dot);
    }

    private void Write(Span<float> observation)
    {
        observation[0] = (float)Math.Cos(theta1);
        observation[1] = (float)Math.Sin(theta1);
        observation[2] = (float)Math.Cos(theta2);
        observation[3] = (float)Math.Sin(theta2);
        observation[4] = (float)theta1Dot;
        observation[5] = (float)theta2Dot;
    }

    private static double Wrap(double angle)
    {
        while (angle > Math.PI) { angle -= 2 * Math.PI; }
        while (angle < -Math.PI) { angle += 2 * Math.PI; }
        return angle;
    }

    /// <summary>Angles and speeds, or their derivatives. Both links: 1 kg, 1 m, centre of mass at 0.5 m, inertia 1 kg m^2.</summary>
    private readonly record struct Motion(double Theta1, double Theta2, double Theta1Dot, double Theta2Dot)
    {
        private const double Mass1 = 1, Mass2 = 1, Length1 = 1, Centre1 = 0.5, Centre2 = 0.5, Inertia1 = 1, Inertia2 = 1, Gravity = 9.8;

        public Motion After(Motion slope, double time) => new(
            Theta1 + time * slope.Theta1, Theta2 + time * slope.Theta2, Theta1Dot + time * slope.Theta1Dot, Theta2Dot + time * slope.Theta2Dot);

        public Motion Derivative(double torque)
        {
            var (sin2, cos2) = Math.SinCos(Theta2);
            // d1 = m1 lc1^2 + m2 (l1^2 + lc2^2 + 2 l1 lc2 cos t2) + I1 + I2;  d2 = m2 (lc2^2 + l1 lc2 cos t2) + I2
            var d1 = Mass1 * Centre1 * Centre1 + Mass2 * (Length1 * Length1 + Centre2 * Centre2 + 2 * Length1 * Centre2 * cos2) + Inertia1 + Inertia2;
            var d2 = Mass2 * (Centre2 * Centre2 + Length1 * Centre2 * cos2) + Inertia2;
            // phi2 = m2 lc2 g cos(t1 + t2 - pi/2)
            var phi2 = Mass2 * Centre2 * Gravity * Math.Cos(Theta1 + Theta2 - Math.PI / 2);
            // phi1 = -m2 l1 lc2 t2Dot^2 sin t2 - 2 m2 l1 lc2 t2Dot t1Dot sin t2 + (m1 lc1 + m2 l1) g cos(t1 - pi/2) + phi2
            var phi1 = -Mass2 * Length1 * Centre2 * Theta2Dot * Theta2Dot * sin2
                - 2 * Mass2 * Length1 * Centre2 * Theta2Dot * Theta1Dot * sin2
                + (Mass1 * Centre1 + Mass2 * Length1) * Gravity * Math.Cos(Theta1 - Math.PI / 2) + phi2;
            // t2'' = (a + d2/d1 phi1 - m2 l1 lc2 t1Dot^2 sin t2 - phi2) / (m2 lc2^2 + I2 - d2^2/d1);  t1'' = -(d2 t2'' + phi1) / d1
            var acceleration2 = (torque + d2 / d1 * phi1 - Mass2 * Length1 * Centre2 * Theta1Dot * Theta1Dot * sin2 - phi2)
                / (Mass2 * Centre2 * Centre2 + Inertia2 - d2 * d2 / d1);
            var acceleration1 = -(d2 * acceleration2 + phi1) / d1;
            return new(Theta1Dot, Theta2Dot, acceleration1, acceleration2);
        }
    }
}
