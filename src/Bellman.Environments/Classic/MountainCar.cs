using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// <c>MountainCar-v0</c>: a car in a valley, too weak to drive straight up, reaches the flag on the right hill by
/// swinging (Moore 1990). Observation [position, velocity]; actions 0 left, 1 coast, 2 right; reward -1 a step.
/// </summary>
public sealed class MountainCar : IClassicEnvironment, IRenderable
{
    private const double Goal = 0.5;
    private const double Force = 0.001;

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
    public void Exchange(StateExchange state) => Valley.Exchange(state, copy.State);

    /// <inheritdoc/>
    public string RenderText() => Valley.RenderText(copy.State[0], copy.State[1], Goal);

    /// <inheritdoc/>
    public RgbImage RenderImage() => Valley.RenderImage(copy.State[0], Goal);

    /// <summary>The equations; state [position, velocity].</summary>
    internal readonly struct Task : IClassicTask
    {
        public static int Variables => Valley.Variables;

        public static int Components => 2;

        public static Space ObservationSpace { get; } = Valley.Space();

        public static Space ActionSpace { get; } = new Discrete(3);

        public static void Begin(RandomStream random, Span<double> state) => Valley.Begin(random, state);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes> =>
            Valley.Observe(state, observation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            terminated = Valley.Move(state, (action - 1.0) * Force, Goal);
            return -1.0;
        }
    }
}
