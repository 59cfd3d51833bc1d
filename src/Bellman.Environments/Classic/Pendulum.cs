using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// <c>Pendulum-v1</c>: swing a pendulum up with a motor too weak to lift it, and hold it there. Observation
/// [cos theta, sin theta, thetaDot] with theta = 0 upright; action: torque in [-2, 2] N m; reward
/// -(theta^2 + 0.1 thetaDot^2 + 0.001 torque^2). It never terminates.
/// </summary>
public sealed class Pendulum : IClassicEnvironment, IRenderable, IObservedState
{
    private const double Gravity = 10;
    private const double Mass = 1;
    private const double Length = 1;
    private const double MaximumSpeed = 8;
    private const double MaximumTorque = 2;
    private const double TimeStep = 0.05;

    private readonly SingleCopy<Task> copy = new();
    private double torque;

    private ref double Theta => ref copy.State[0];

    private ref double ThetaDot => ref copy.State[1];

    double[] IClassicEnvironment.State => copy.State;

    /// <inheritdoc/>
    public Space ObservationSpace => Task.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => Task.ActionSpace;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        torque = 0;
        copy.Reset(random, observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        torque = Math.Clamp((double)action[0], -MaximumTorque, MaximumTorque);
        return copy.Step(action[0], observation);
    }

    /// <inheritdoc/>
    public void BeginAt(ReadOnlySpan<float> observation) =>
        (Theta, ThetaDot, torque) = (Math.Atan2(observation[1], observation[0]), Math.Clamp((double)observation[2], -MaximumSpeed, MaximumSpeed), 0);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value("theta", ref Theta);
        state.Value("thetaDot", ref ThetaDot);
        // Shown in pictures only; what follows does not depend on it.
        if (state.IsLoading) { torque = 0; }
        RestoredState.RequireFinite(state, "theta", Theta);
        RestoredState.RequireWithin(state, "thetaDot", ThetaDot, -MaximumSpeed, MaximumSpeed);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        // Twelve hours of a clock face, the pendulum's end at one of them.
        const string Face = "  .....  \n .     . \n.       .\n.   o   .\n.       .\n .     . \n  .....  ";
        var rows = Face.Split('\n').Select(row => row.ToCharArray()).ToArray();
        var row = 3 - (int)Math.Round(3 * Math.Cos(Theta));
        var column = 4 - (int)Math.Round(4 * Math.Sin(Theta));
        rows[row][column] = '@';
        return $"{string.Join('\n', rows.Select(line => new string(line)))}\ntheta {Lane.WrapAngle(Theta).Value:0.000}  thetaDot {ThetaDot:0.000}  torque {torque:0.000}\n";
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
        var (sin, cos) = Math.SinCos(Theta);
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

    /// <summary>The equations; state [theta, thetaDot].</summary>
    internal readonly struct Task : IClassicTask
    {
        public static int Variables => 2;

        public static int Components => 3;

        public static Space ObservationSpace { get; } = new Box([-1, -1, (float)-MaximumSpeed], [1, 1, (float)MaximumSpeed]);

        public static Space ActionSpace { get; } = new Box((float)-MaximumTorque, (float)MaximumTorque, 1);

        public static void Begin(RandomStream random, Span<double> state)
        {
            state[0] = random.NextUniform(-Math.PI, Math.PI);
            state[1] = random.NextUniform(-1, 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes>
        {
            var (sin, cos) = TLanes.SinCos(state[0]);
            observation[0] = cos;
            observation[1] = sin;
            observation[2] = state[1];
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            TLanes theta = state[0], thetaDot = state[1];
            var torque = TLanes.Clamp(action, -MaximumTorque, MaximumTorque);
            var angle = TLanes.WrapAngle(theta);
            var cost = angle * angle + 0.1 * thetaDot * thetaDot + 0.001 * torque * torque;
            // thetaDot <- clip(thetaDot + (3g / (2l) sin theta + 3 / (m l^2) u) dt);  theta <- theta + thetaDot dt, with the new speed
            var acceleration = 3 * Gravity / (2 * Length) * TLanes.SinCos(theta).Sin + 3 / (Mass * Length * Length) * torque;
            thetaDot = TLanes.Clamp(thetaDot + acceleration * TimeStep, -MaximumSpeed, MaximumSpeed);
            state[0] = theta + thetaDot * TimeStep;
            state[1] = thetaDot;
            terminated = 0.0;
            return -cost;
        }
    }
}
