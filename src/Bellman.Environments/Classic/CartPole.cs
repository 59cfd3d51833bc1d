using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// <c>CartPole-v1</c>: push a cart left or right so that the pole on it stays up (Barto, Sutton and Anderson 1983).
/// Observation [x, xDot, theta, thetaDot] in m, m/s, rad, rad/s; actions 0 left, 1 right; reward 1 every step, also the
/// one that ends the episode.
/// </summary>
public sealed class CartPole : IClassicEnvironment, IRenderable
{
    private const double AngleLimit = 12 * 2 * Math.PI / 360;

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

    /// <summary>The equations.</summary>
    internal readonly struct Task : IClassicTask
    {
        public static int Variables => CartAndPole.Variables;

        public static int Components => CartAndPole.Variables;

        public static Space ObservationSpace { get; } = CartAndPole.Space(AngleLimit);

        public static Space ActionSpace { get; } = new Discrete(2);

        public static void Begin(RandomStream random, Span<double> state) => CartAndPole.Begin(random, state, 0.05);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes> =>
            CartAndPole.Observe(state, observation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            CartAndPole.Move(state, TLanes.Select(TLanes.Equal(action, 1.0), CartAndPole.Force, -CartAndPole.Force));
            terminated = TLanes.Greater(TLanes.Abs(state[0]), CartAndPole.PositionLimit) | TLanes.Greater(TLanes.Abs(state[2]), AngleLimit);
            return 1.0;
        }
    }
}
