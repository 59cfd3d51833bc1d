using System.Runtime.CompilerServices;

namespace Bellman.Neural;

/// <summary>
/// i, f, o = sigmoid(x W + h U + b), g = tanh(...);  c' = f c + i g;  h' = o tanh c'.
/// </summary>
internal readonly unsafe struct LstmCell : IRecurrentCell
{
    public static int Gates => 4;

    public static bool HasCell => true;

    public static bool SplitsGradients => false;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward<V, O>(in RecurrentRow row, nint start, nint end) where V : unmanaged where O : IVectorOperations<V>
    {
        float* i = row.Gates, f = i + row.Size, g = f + row.Size, o = g + row.Size;
        float* hi = row.HiddenGates, hf = hi + row.Size, hg = hf + row.Size, ho = hg + row.Size;
        for (var k = start; k < end; k += O.Width)
        {
            var input = Elementary<V, O>.Sigmoid(O.Add(O.Load(i + k), O.Load(hi + k)));
            var forget = Elementary<V, O>.Sigmoid(O.Add(O.Load(f + k), O.Load(hf + k)));
            var candidate = Elementary<V, O>.Tanh(O.Add(O.Load(g + k), O.Load(hg + k)));
            var output = Elementary<V, O>.Sigmoid(O.Add(O.Load(o + k), O.Load(ho + k)));
            var cell = O.MultiplyAdd(forget, O.Load(row.PreviousCell + k), O.Multiply(input, candidate));
            O.Store(input, i + k);
            O.Store(forget, f + k);
            O.Store(candidate, g + k);
            O.Store(output, o + k);
            O.Store(cell, row.Cell + k);
            O.Store(O.Multiply(output, Elementary<V, O>.Tanh(cell)), row.Hidden + k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward<V, O>(in RecurrentRow row, in RecurrentGradientRow gradient, nint start, nint end) where V : unmanaged where O : IVectorOperations<V>
    {
        var size = row.Size;
        var one = O.Broadcast(1);
        for (var k = start; k < end; k += O.Width)
        {
            V input = O.Load(row.Gates + k), forget = O.Load(row.Gates + size + k), candidate = O.Load(row.Gates + 2 * size + k), output = O.Load(row.Gates + 3 * size + k);
            var squashed = Elementary<V, O>.Tanh(O.Load(row.Cell + k));
            var byHidden = O.Load(gradient.Hidden + k);
            // ∂c' = ∂c'(later) + ∂h' o (1 - tanh² c')
            var byCell = O.MultiplyAdd(O.Multiply(byHidden, output), O.Subtract(one, O.Multiply(squashed, squashed)), O.Load(gradient.Cell + k));
            // ∂z_i = ∂c' g i (1 - i),  ∂z_f = ∂c' c f (1 - f),  ∂z_g = ∂c' i (1 - g²),  ∂z_o = ∂h' tanh c' o (1 - o)
            O.Store(O.Multiply(O.Multiply(byCell, candidate), O.Multiply(input, O.Subtract(one, input))), gradient.Gates + k);
            O.Store(O.Multiply(O.Multiply(byCell, O.Load(row.PreviousCell + k)), O.Multiply(forget, O.Subtract(one, forget))), gradient.Gates + size + k);
            O.Store(O.Multiply(O.Multiply(byCell, input), O.Subtract(one, O.Multiply(candidate, candidate))), gradient.Gates + 2 * size + k);
            O.Store(O.Multiply(O.Multiply(byHidden, squashed), O.Multiply(output, O.Subtract(one, output))), gradient.Gates + 3 * size + k);
            O.Store(O.Multiply(byCell, forget), gradient.Cell + k);
            O.Store(default, gradient.PreviousHidden + k);
        }
    }
}
