using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>A cart with a pole on it, which the balancing tasks share; state [x, xDot, theta, thetaDot] in m, m/s, rad, rad/s.</summary>
internal static class CartAndPole
{
    private const double Gravity = 9.8;
    private const double PoleMass = 0.1;
    private const double TotalMass = 1.0 + PoleMass;
    private const double HalfLength = 0.5;
    private const double TimeStep = 0.02;

    public const int Variables = 4;
    public const double Force = 10.0;
    public const double PositionLimit = 2.4;

    public static Box Space(double angleLimit) => new(
        [(float)(-2 * PositionLimit), float.NegativeInfinity, (float)(-2 * angleLimit), float.NegativeInfinity],
        [(float)(2 * PositionLimit), float.PositiveInfinity, (float)(2 * angleLimit), float.PositiveInfinity]);

    public static void Begin(RandomStream random, Span<double> state, double range)
    {
        foreach (ref var variable in state) { variable = random.NextUniform(-range, range); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var k = 0; k < Variables; k++) { observation[k] = state[k]; }
    }

    /// <summary>Moves the state by one step under a force.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move<TLanes>(StateRows<TLanes> state, TLanes force) where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes x = state[0], xDot = state[1], theta = state[2], thetaDot = state[3];
        var (sin, cos) = TLanes.SinCosSmall(theta);
        // t = (F + m l thetaDot^2 sin theta) / M
        var t = (force + PoleMass * HalfLength * thetaDot * thetaDot * sin) / TotalMass;
        // thetaDot' = (g sin theta - t cos theta) / (l (4/3 - m cos^2 theta / M));  xDot' = t - m l thetaDot' cos theta / M
        var thetaAcceleration = (Gravity * sin - cos * t) / (HalfLength * (4.0 / 3.0 - PoleMass * cos * cos / TotalMass));
        var xAcceleration = t - PoleMass * HalfLength * thetaAcceleration * cos / TotalMass;

        // Explicit Euler: positions move with the velocities from before the step.
        state[0] = x + TimeStep * xDot;
        state[1] = xDot + TimeStep * xAcceleration;
        state[2] = theta + TimeStep * thetaDot;
        state[3] = thetaDot + TimeStep * thetaAcceleration;
    }

    public static void Exchange(StateExchange state, double[] variables, double angleLimit)
    {
        state.Value("x", ref variables[0]);
        state.Value("xDot", ref variables[1]);
        state.Value("theta", ref variables[2]);
        state.Value("thetaDot", ref variables[3]);
        RestoredState.RequireWithin(state, "x", variables[0], -2 * PositionLimit, 2 * PositionLimit);
        RestoredState.RequireFinite(state, "xDot", variables[1]);
        RestoredState.RequireWithin(state, "theta", variables[2], -2 * angleLimit, 2 * angleLimit);
        RestoredState.RequireFinite(state, "thetaDot", variables[3]);
    }

    public static string RenderText(double[] state)
    {
        var (x, xDot, theta, thetaDot) = (state[0], state[1], state[2], state[3]);
        const int Columns = 49;
        var track = new char[Columns];
        Array.Fill(track, '-');
        var cart = (int)Math.Clamp(Math.Round((x / PositionLimit + 1) / 2 * (Columns - 1)), 0, Columns - 1);
        track[cart] = theta switch { < -0.02 => '\\', > 0.02 => '/', _ => '|' };
        return $"[{new string(track)}]\nx {x:0.000}  xDot {xDot:0.000}  theta {theta:0.000}  thetaDot {thetaDot:0.000}\n";
    }

    public static RgbImage RenderImage(double[] state)
    {
        var (x, theta) = (state[0], state[2]);
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
}
