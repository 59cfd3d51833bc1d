using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// <c>CartBalance-v0</c>: the cart and pole of <see cref="CartPole"/> with a force to choose: action in [-1, 1], times 10 N; starts within 0.15 of
/// rest. Observation [x, xDot, theta, thetaDot]; reward 1 a step; it ends where |x| reaches 2.4 m or |theta| 0.2095 rad, and is cut off after 200 steps.
/// </summary>
public sealed class CartBalance : IClassicEnvironment, IRenderable, IExpertKnown
{
    private const double AngleLimit = 0.2095;

    private readonly SingleCopy<Task> copy = new();

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
    public void Exchange(StateExchange state) => CartAndPole.Exchange(state, copy.State, AngleLimit);

    /// <inheritdoc/>
    public string RenderText() => CartAndPole.RenderText(copy.State);

    /// <inheritdoc/>
    public RgbImage RenderImage() => CartAndPole.RenderImage(copy.State);

    /// <summary>clip(0.12 x + 0.28 xDot + 3.2 theta + 0.75 thetaDot), which balances for all 200 steps.</summary>
    public IPolicy CreateExpert() => new ScriptedPolicy(4, 1, (observation, action) =>
        action[0] = Math.Clamp(0.12f * observation[0] + 0.28f * observation[1] + 3.2f * observation[2] + 0.75f * observation[3], -1, 1));

    /// <summary>The equations.</summary>
    internal readonly struct Task : IClassicTask
    {
        public static int Variables => CartAndPole.Variables;

        public static int Components => CartAndPole.Variables;

        public static Space ObservationSpace { get; } = CartAndPole.Space(AngleLimit);

        public static Space ActionSpace { get; } = new Box(-1, 1, 1);

        public static void Begin(RandomStream random, Span<double> state) => CartAndPole.Begin(random, state, 0.15);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes> =>
            CartAndPole.Observe(state, observation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            CartAndPole.Move(state, CartAndPole.Force * TLanes.Clamp(action, -1.0, 1.0));
            terminated = TLanes.GreaterOrEqual(TLanes.Abs(state[0]), CartAndPole.PositionLimit) | TLanes.GreaterOrEqual(TLanes.Abs(state[2]), AngleLimit);
            return 1.0;
        }
    }
}
