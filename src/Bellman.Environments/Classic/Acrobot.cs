namespace Bellman.Environments;

/// <summary>
/// <c>Acrobot-v1</c>: two links hang from a bar, only the joint between them has a motor; swing the free end above the
/// line one link's length over the bar (Sutton 1996, with the equations of Sutton and Barto's book). Observation
/// [cos theta1, sin theta1, cos theta2, sin theta2, theta1Dot, theta2Dot], theta1 = 0 hanging, theta2 relative to the
/// first link; actions 0, 1, 2: torque -1, 0, 1; reward -1 a step, 0 for the one that reaches the line.
/// </summary>
public sealed class Acrobot : IClassicEnvironment, IRenderable
{
    private const double TimeStep = 0.2;
    private const double MaximumSpeed1 = 4 * Math.PI;
    private const double MaximumSpeed2 = 9 * Math.PI;

    private readonly SingleCopy<Task> copy = new();

    private ref double Theta1 => ref copy.State[0];

    private ref double Theta2 => ref copy.State[1];

    private ref double Theta1Dot => ref copy.State[2];

    private ref double Theta2Dot => ref copy.State[3];

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
        state.Value("theta1", ref Theta1);
        state.Value("theta2", ref Theta2);
        state.Value("theta1Dot", ref Theta1Dot);
        state.Value("theta2Dot", ref Theta2Dot);
        RestoredState.RequireWithin(state, "theta1", Theta1, -Math.PI, Math.PI);
        RestoredState.RequireWithin(state, "theta2", Theta2, -Math.PI, Math.PI);
        RestoredState.RequireWithin(state, "theta1Dot", Theta1Dot, -MaximumSpeed1, MaximumSpeed1);
        RestoredState.RequireWithin(state, "theta2Dot", Theta2Dot, -MaximumSpeed2, MaximumSpeed2);
    }

    /// <inheritdoc/>
    public string RenderText() =>
        $"height {-Math.Cos(Theta1) - Math.Cos(Theta1 + Theta2):0.000} of 1\n" +
        $"theta1 {Theta1:0.000}  theta2 {Theta2:0.000}  theta1Dot {Theta1Dot:0.000}  theta2Dot {Theta2Dot:0.000}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Size = 400;
        const double Scale = Size / 4.4;
        const double Centre = Size / 2;
        var canvas = new Canvas(Size, Size, Palette.Background);
        canvas.Line(0, Centre - Scale, Size, Centre - Scale, 2, Palette.Green);
        canvas.Line(Centre - 22, Centre, Centre + 22, Centre, 3, Palette.Grey);
        var (elbowX, elbowY) = (Centre + Scale * Math.Sin(Theta1), Centre + Scale * Math.Cos(Theta1));
        var (endX, endY) = (elbowX + Scale * Math.Sin(Theta1 + Theta2), elbowY + Scale * Math.Cos(Theta1 + Theta2));
        canvas.Line(Centre, Centre, elbowX, elbowY, 15, Palette.Blue);
        canvas.Line(elbowX, elbowY, endX, endY, 15, Palette.Orange);
        canvas.Disc(Centre, Centre, 6, Palette.Ink);
        canvas.Disc(elbowX, elbowY, 6, Palette.Ink);
        return canvas.Image;
    }

    /// <summary>The equations; state [theta1, theta2, theta1Dot, theta2Dot].</summary>
    internal readonly struct Task : IClassicTask
    {
        public static int Variables => 4;

        public static int Components => 6;

        public static Space ObservationSpace { get; } = new Box(
            [-1, -1, -1, -1, (float)-MaximumSpeed1, (float)-MaximumSpeed2],
            [1, 1, 1, 1, (float)MaximumSpeed1, (float)MaximumSpeed2]);

        public static Space ActionSpace { get; } = new Discrete(3);

        public static void Begin(RandomStream random, Span<double> state)
        {
            foreach (ref var variable in state) { variable = random.NextUniform(-0.1, 0.1); }
        }

        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes>
        {
            (observation[1], observation[0]) = TLanes.SinCos(state[0]);
            (observation[3], observation[2]) = TLanes.SinCos(state[1]);
            observation[4] = state[2];
            observation[5] = state[3];
        }

        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            var before = new AcrobotMotion<TLanes>(state[0], state[1], state[2], state[3]);
            var after = before.Integrated(torque: action - 1.0, TimeStep);
            var theta1 = Wrap(after.Theta1);
            var theta2 = Wrap(after.Theta2);
            state[0] = theta1;
            state[1] = theta2;
            state[2] = TLanes.Clamp(after.Theta1Dot, -MaximumSpeed1, MaximumSpeed1);
            state[3] = TLanes.Clamp(after.Theta2Dot, -MaximumSpeed2, MaximumSpeed2);
            // Height of the free end over the bar, in links: -cos theta1 - cos(theta1 + theta2) > 1
            terminated = TLanes.Greater(-TLanes.SinCos(theta1).Cos - TLanes.SinCos(theta2 + theta1).Cos, 1.0);
            return TLanes.Select(terminated, 0.0, -1.0);
        }

        private static TLanes Wrap<TLanes>(TLanes angle) where TLanes : unmanaged, ILanes<TLanes>
        {
            TLanes pi = Math.PI, turn = 2 * Math.PI;
            for (var over = TLanes.Greater(angle, pi); TLanes.Bits(over) != 0; over = TLanes.Greater(angle, pi)) { angle = TLanes.Select(over, angle - turn, angle); }
            for (var under = TLanes.Greater(-pi, angle); TLanes.Bits(under) != 0; under = TLanes.Greater(-pi, angle)) { angle = TLanes.Select(under, angle + turn, angle); }
            return angle;
        }
    }
}
