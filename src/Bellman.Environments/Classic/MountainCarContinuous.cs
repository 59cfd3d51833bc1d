using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// <c>MountainCarContinuous-v0</c>: the mountain car with a throttle in [-1, 1]; reward -0.1 throttle^2 a step, and 100
/// at the flag. Observation [position, velocity].
/// </summary>
/// <remarks>Computed in double precision; Gymnasium rounds the state to single precision after each step.</remarks>
public sealed class MountainCarContinuous : IClassicEnvironment, IRenderable, IObservedState
{
    private const double Goal = 0.45;
    private const double Power = 0.0015;

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
    public void BeginAt(ReadOnlySpan<float> observation) => (copy.State[0], copy.State[1]) = (observation[0], observation[1]);

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

        public static Space ActionSpace { get; } = new Box(-1, 1, 1);

        public static void Begin(RandomStream random, Span<double> state) => Valley.Begin(random, state);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes> =>
            Valley.Observe(state, observation);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>
        {
            terminated = Valley.Move(state, TLanes.Clamp(action, -1.0, 1.0) * Power, Goal);
            return TLanes.Select(terminated, 100.0, 0.0) - 0.1 * action * action;
        }
    }
}
