namespace Bellman.Environments;

/// <summary>
/// The equations of a classic control task, written once for the single environment and its batched form. An action
/// is one number.
/// </summary>
internal interface IClassicTask
{
    /// <summary>Variables of its state.</summary>
    static abstract int Variables { get; }

    /// <summary>Components of its observation.</summary>
    static abstract int Components { get; }

    static abstract Space ObservationSpace { get; }

    static abstract Space ActionSpace { get; }

    /// <summary>Draws the state that an episode begins with.</summary>
    static abstract void Begin(RandomStream random, Span<double> state);

    /// <summary>Shows a state.</summary>
    static abstract void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes>;

    /// <summary>Moves the state by one step and tells the reward and, as a mask, where the task ended.</summary>
    static abstract TLanes Step<TLanes>(StateRows<TLanes> state, TLanes action, out TLanes terminated) where TLanes : unmanaged, ILanes<TLanes>;
}
