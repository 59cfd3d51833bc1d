using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// <c>CartPole-v1</c>: push a cart left or right so that the pole on it stays up (Barto, Sutton and Anderson 1983).
/// Observation [x, xDot, theta, thetaDot] in m, m/s, rad, rad/s; actions 0 left, 1 right; reward 1 every step, also the
/// one that ends the episode.
/// </summary>
public sealed class CartPole : IClassicEnvironment, IRenderable
{
    private const double Gravity = 9.8;
    private const double PoleMass = 0.1;
    private const double TotalMass = 1.0 + PoleMass;
    private const double HalfLength = 0.5;
    private const double Force = 10.0;
    private const double TimeStep = 0.02;
    private const double PositionLimit = 2.4;
    private const double AngleLimit = 12 * 2 * Math.PI / 360;

    private readonly SingleCopy<Task> copy = new();

    private ref double X => ref copy.State[0];

    private ref double XDot => ref copy.State[1];

    private ref double Theta => ref copy.State[2];

    private ref double ThetaDot => ref copy.State[3];

    double[] IClassicEnvironment.State => copy.State;

    /// <inheritdoc/>
    public Space ObservationSpace => Task.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => Task.ActionSpace;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation) => copy.Reset(random, observation);

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation) => copy.Step(action[0], observation);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value("x", ref X);
        state.Value("xDot", ref XDot);
        state.Value("theta", ref Theta);
        state.Value("thetaDot", ref ThetaDot);
        RestoredState.RequireWithin(state, "x", X, -2 * PositionLimit, 2 * PositionLimit);
        RestoredState.RequireFinite(state, "xDot", XDot);
        RestoredState.RequireWithin(state, "theta", Theta, -2 * AngleLimit, 2 * AngleLimit);
        RestoredState.RequireFinite(state, "thetaDot", ThetaDot);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        const int Columns = 49;
        var track = new char[Columns];
        Array.Fill(track, '-');
        var cart = (int)Math.Clamp(Math.Round((X / PositionLimit + 1) / 2 * (Columns - 1)), 0, Columns - 1);
        track[cart] = Theta switch { < -0.02 => '\\', > 0.02 => '/', _ => '|' };
        return $"[{new string(track)}]\nx {X:0.000}  xDot {XDot:0.000}  theta {Theta:0.000}  thetaDot {ThetaDot:0.000}\n";
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
        var centre = Width / 2 + X * Scale;
        canvas.Disc(centre - 18, Track - 6, 6, Palette.Ink);
        canvas.Disc(centre + 18, Track - 6, 6, Palette.Ink);
        canvas.Rectangle(centre - 32, Track - 38, 64, 30, Palette.Dark);
        var axle = Track - 38;
        var length = 2 * HalfLength * Scale * 1.25;
        canvas.Line(centre, axle, centre + length * Math.Sin(Theta), axle - length * Math.Cos(Theta), 11, Palette.Wood);
        canvas.Disc(centre, axle, 5, Palette.Blue);
        return canvas.Image;
    }

    /// <summary>The equations; state [x, xDot, theta, thetaDot].</summary>
    internal readonly struct Task : IClassicTask
    {
        public static int Variables => 4;

        public static int Components => 4;

        public static Space ObservationSpace { get; } = new Box(
            [(float)(-2 * PositionLimit), float.NegativeInfinity, (float)(-2 * AngleLimit), float.NegativeInfinity],
            [(float)(2 * PositionLimit), float.PositiveInfinity, (float)(2 * AngleLimit), float.PositiveInfinity]);

        public static Space ActionSpace { get; } = new Discrete(2);

        public static void Begin(RandomStream random, Span<double> state)
        {
            foreach (ref var variable in state) { variable = random.NextUniform(-0.05, 0.05); }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes>
        {
            for (var k = 0; k < 4; k++) { observation[k] = state[k]; }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            TLanes x = state[0], xDot = state[1], theta = state[2], thetaDot = state[3];
            var force = TLanes.Select(TLanes.Equal(action, 1.0), Force, -Force);
            var (sin, cos) = TLanes.SinCosSmall(theta);
            // t = (F + m l thetaDot^2 sin theta) / M
            var t = (force + PoleMass * HalfLength * thetaDot * thetaDot * sin) / TotalMass;
            // thetaDot' = (g sin theta - t cos theta) / (l (4/3 - m cos^2 theta / M));  xDot' = t - m l thetaDot' cos theta / M
            var thetaAcceleration = (Gravity * sin - cos * t) / (HalfLength * (4.0 / 3.0 - PoleMass * cos * cos / TotalMass));
            var xAcceleration = t - PoleMass * HalfLength * thetaAcceleration * cos / TotalMass;

            // Explicit Euler: positions move with the velocities from before the step.
            x += TimeStep * xDot;
            theta += TimeStep * thetaDot;
            state[0] = x;
            state[1] = xDot + TimeStep * xAcceleration;
            state[2] = theta;
            state[3] = thetaDot + TimeStep * thetaAcceleration;
            terminated = TLanes.Greater(TLanes.Abs(x), PositionLimit) | TLanes.Greater(TLanes.Abs(theta), AngleLimit);
            return 1.0;
        }
    }
}
