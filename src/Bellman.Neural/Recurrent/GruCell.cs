using System.Runtime.CompilerServices;

namespace Bellman.Neural;

/// <summary>
/// r, z = sigmoid(x W + h U + b);  n = tanh(x W_n + b_n + r (h U_n + d_n));  h' = (1 - z) n + z h.
/// </summary>
internal readonly unsafe struct GruCell : IRecurrentCell
{
    public static int Gates => 3;

    public static bool HasCell => false;

    public static bool SplitsGradients => true;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<V, O>(in RecurrentRow row, nint start, nint end) where V : unmanaged where O : IVectorOperations<V>
    {
        var size = row.Size;
        for (var k = start; k < end; k += O.Width)
        {
            var reset = Elementary<V, O>.Sigmoid(O.Add(O.Load(row.Gates + k), O.Load(row.HiddenGates + k)));
            var update = Elementary<V, O>.Sigmoid(O.Add(O.Load(row.Gates + size + k), O.Load(row.HiddenGates + size + k)));
            var candidate = Elementary<V, O>.Tanh(O.MultiplyAdd(reset, O.Load(row.HiddenGates + 2 * size + k), O.Load(row.Gates + 2 * size + k)));
            O.Store(reset, row.Gates + k);
            O.Store(update, row.Gates + size + k);
            O.Store(candidate, row.Gates + 2 * size + k);
            // n + z (h - n)
            O.Store(O.MultiplyAdd(update, O.Subtract(O.Load(row.PreviousHidden + k), candidate), candidate), row.Hidden + k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<V, O>(in RecurrentRow row, in RecurrentGradientRow gradient, nint start, nint end) where V : unmanaged where O : IVectorOperations<V>
    {
        var size = row.Size;
        var one = O.Broadcast(1);
        for (var k = start; k < end; k += O.Width)
        {
            V reset = O.Load(row.Gates + k), update = O.Load(row.Gates + size + k), candidate = O.Load(row.Gates + 2 * size + k);
            var byHidden = O.Load(gradient.Hidden + k);
            // ∂z = ∂h' (h - n) z (1 - z),  ∂n = ∂h' (1 - z) (1 - n²),  ∂r = ∂n (h U_n + d_n) r (1 - r)
            var byUpdate = O.Multiply(O.Multiply(byHidden, O.Subtract(O.Load(row.PreviousHidden + k), candidate)), O.Multiply(update, O.Subtract(one, update)));
            var byCandidate = O.Multiply(O.Multiply(byHidden, O.Subtract(one, update)), O.Subtract(one, O.Multiply(candidate, candidate)));
            var byReset = O.Multiply(O.Multiply(byCandidate, O.Load(row.HiddenGates + 2 * size + k)), O.Multiply(reset, O.Subtract(one, reset)));
            O.Store(byReset, gradient.Gates + k);
            O.Store(byUpdate, gradient.Gates + size + k);
            O.Store(byCandidate, gradient.Gates + 2 * size + k);
            O.Store(byReset, gradient.HiddenGates + k);
            O.Store(byUpdate, gradient.HiddenGates + size + k);
            O.Store(O.Multiply(byCandidate, reset), gradient.HiddenGates + 2 * size + k);
            O.Store(O.Multiply(byHidden, update), gradient.PreviousHidden + k);
        }
    }
}
