using System.Runtime.CompilerServices;

namespace Bellman.Neural;

/// <summary>Activations and their derivatives over contiguous memory of whole vectors.</summary>
internal static unsafe class ActivationKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>y = f(x) in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(Activation activation, float* x, nint count)
    {
        switch (activation)
        {
            case Activation.Tanh:
                for (nint i = 0; i < count; i += TOps.Width) { TOps.Store(Elementary<TVector, TOps>.Tanh(TOps.Load(x + i)), x + i); }
                break;
            case Activation.Relu:
                for (nint i = 0; i < count; i += TOps.Width) { TOps.Store(TOps.Maximum(default, TOps.Load(x + i)), x + i); }
                break;
            case Activation.Silu:
                for (nint i = 0; i < count; i += TOps.Width)
                {
                    var value = TOps.Load(x + i);
                    TOps.Store(TOps.Multiply(value, Elementary<TVector, TOps>.Sigmoid(value)), x + i);
                }
                break;
        }
    }

    /// <summary>delta = delta f'(x), from the output y, or from the input x where y does not determine it (SiLU).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyByDerivative(Activation activation, float* delta, float* y, float* x, nint count)
    {
        var one = TOps.Broadcast(1);
        switch (activation)
        {
            // f' = 1 - y²
            case Activation.Tanh:
                for (nint i = 0; i < count; i += TOps.Width)
                {
                    var value = TOps.Load(y + i);
                    var slope = TOps.Subtract(one, TOps.Multiply(value, value));
                    TOps.Store(TOps.Multiply(TOps.Load(delta + i), slope), delta + i);
                }
                break;
            // f' = 1 where y > 0
            case Activation.Relu:
                for (nint i = 0; i < count; i += TOps.Width)
                {
                    TOps.Store(TOps.WherePositive(TOps.Load(y + i), TOps.Load(delta + i)), delta + i);
                }
                break;
            // f' = σ(x) (1 + x (1 - σ(x)))
            case Activation.Silu:
                for (nint i = 0; i < count; i += TOps.Width)
                {
                    var value = TOps.Load(x + i);
                    var sigmoid = Elementary<TVector, TOps>.Sigmoid(value);
                    var slope = TOps.Multiply(sigmoid, TOps.MultiplyAdd(value, TOps.Subtract(one, sigmoid), one));
                    TOps.Store(TOps.Multiply(TOps.Load(delta + i), slope), delta + i);
                }
                break;
        }
    }
}
