using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>The variables of a register of copies: variable k of the first copy at k * stride, its neighbours behind it.</summary>
internal readonly unsafe struct StateRows<TLanes>(double* first, nint stride) where TLanes : unmanaged, ILanes<TLanes>
{
    public TLanes this[int variable]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Load(first + variable * stride);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => TLanes.Store(value, first + variable * stride);
    }
}

/// <summary>The observation of a register of copies, component by component.</summary>
internal readonly unsafe struct ObservationRows<TLanes>(float* first) where TLanes : unmanaged, ILanes<TLanes>
{
    public TLanes this[int component]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => TLanes.StoreSingle(value, first + component * TLanes.Count);
    }
}
