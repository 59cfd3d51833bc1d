using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Bellman.Neural;

/// <summary>Passes over flat arrays, and the door to the networks, in the widest vectors this machine has.</summary>
internal abstract class VectorKernels
{
    /// <summary>Every width this machine can run, widest first; the last is always one float at a time.</summary>
    public static IReadOnlyList<VectorKernels> Available { get; } = Find();

    public static VectorKernels Active => Available[0];

    public abstract int Width { get; }

    /// <summary>a = a + tau (b - a).</summary>
    public abstract void MoveTowards(Span<float> a, ReadOnlySpan<float> b, float tau);

    /// <summary>a = a + b.</summary>
    public abstract void Add(Span<float> a, ReadOnlySpan<float> b);

    /// <summary>sum = sum + factor a b, componentwise.</summary>
    public abstract void AddProduct(Span<float> sum, ReadOnlySpan<float> a, ReadOnlySpan<float> b, float factor);

    public abstract double SumOfSquares(ReadOnlySpan<float> a);

    public abstract void Scale(Span<float> a, float factor);

    /// <summary>One step of <see cref="Adam"/>.</summary>
    public abstract void AdamStep(Span<float> values, ReadOnlySpan<float> gradients, Span<float> first, Span<float> second, in AdamStep step);

    public abstract void Exp(Span<float> a);

    public abstract void Tanh(Span<float> a);

    /// <summary>C = A B of row-major matrices; the width divides <paramref name="columns"/>.</summary>
    public abstract void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int rows, int columns, int depth);

    public abstract INetwork CreateNetwork(DenseLayout[] layers, ParameterBuffer parameters, WorkerTeam team);

    public abstract IRecurrentNetwork CreateRecurrent(RecurrentCell cell, DenseLayout input, DenseLayout hidden, ParameterBuffer parameters);

    private static List<VectorKernels> Find()
    {
        var found = new List<VectorKernels>();
        if (Vector512.IsHardwareAccelerated) { found.Add(new VectorKernels<Vector512<float>, Operations512>()); }
        if (Vector256.IsHardwareAccelerated) { found.Add(new VectorKernels<Vector256<float>, Operations256>()); }
        if (Vector128.IsHardwareAccelerated) { found.Add(new VectorKernels<Vector128<float>, Operations128>()); }
        found.Add(new VectorKernels<float, OperationsScalar>());
        return found;
    }
}

/// <summary>The numbers of one Adam step that are the same for every parameter.</summary>
/// <param name="Decay">1 - learning rate x weight decay.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="StepSize">Learning rate / (1 - Beta1^t).</param>
/// <param name="RootCorrection">1 / sqrt(1 - Beta2^t).</param>
/// <param name="Epsilon">Added outside the root.</param>
internal readonly record struct AdamStep(float Decay, float Beta1, float Beta2, float StepSize, float RootCorrection, float Epsilon);

/// <inheritdoc/>
internal sealed unsafe class VectorKernels<TVector, TOps> : VectorKernels
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    // Singles are summed this far before the total continues in double.
    private const int SumBlock = 1024;

    public override int Width => TOps.Width;

    public override INetwork CreateNetwork(DenseLayout[] layers, ParameterBuffer parameters, WorkerTeam team) =>
        new SimdNetwork<TVector, TOps>(layers, parameters, team);

    public override IRecurrentNetwork CreateRecurrent(RecurrentCell cell, DenseLayout input, DenseLayout hidden, ParameterBuffer parameters) => cell == RecurrentCell.Lstm
        ? new SimdRecurrentNetwork<TVector, TOps, LstmCell>(input, hidden, parameters)
        : new SimdRecurrentNetwork<TVector, TOps, GruCell>(input, hidden, parameters);

    public override void MoveTowards(Span<float> a, ReadOnlySpan<float> b, float tau)
    {
        fixed (float* to = a, from = b)
        {
            var whole = Whole(a.Length);
            var share = TOps.Broadcast(tau);
            var rest = TOps.Broadcast(1 - tau);
            // θ⁻ ← τ θ + (1 - τ) θ⁻
            for (nint i = 0; i < whole; i += TOps.Width)
            {
                TOps.Store(TOps.MultiplyAdd(share, TOps.Load(from + i), TOps.Multiply(rest, TOps.Load(to + i))), to + i);
            }
            for (var i = whole; i < a.Length; i++) { to[i] = tau * from[i] + (1 - tau) * to[i]; }
        }
    }

    public override void Add(Span<float> a, ReadOnlySpan<float> b)
    {
        fixed (float* to = a, from = b)
        {
            var whole = Whole(a.Length);
            for (nint i = 0; i < whole; i += TOps.Width) { TOps.Store(TOps.Add(TOps.Load(to + i), TOps.Load(from + i)), to + i); }
            for (var i = whole; i < a.Length; i++) { to[i] += from[i]; }
        }
    }

    public override void AddProduct(Span<float> sum, ReadOnlySpan<float> a, ReadOnlySpan<float> b, float factor)
    {
        fixed (float* to = sum, x = a, y = b)
        {
            var whole = Whole(sum.Length);
            var multiplier = TOps.Broadcast(factor);
            for (nint i = 0; i < whole; i += TOps.Width)
            {
                TOps.Store(TOps.MultiplyAdd(TOps.Multiply(multiplier, TOps.Load(x + i)), TOps.Load(y + i), TOps.Load(to + i)), to + i);
            }
            for (var i = whole; i < sum.Length; i++) { to[i] += factor * x[i] * y[i]; }
        }
    }

    public override double SumOfSquares(ReadOnlySpan<float> a)
    {
        var total = 0.0;
        fixed (float* start = a)
        {
            for (var block = 0; block < a.Length; block += SumBlock)
            {
                var x = start + block;
                var length = Math.Min(SumBlock, a.Length - block);
                var whole = Whole(length);
                TVector even = default, odd = default;
                nint i = 0;
                for (; i + TOps.Width < whole; i += 2 * TOps.Width)
                {
                    TVector first = TOps.Load(x + i), second = TOps.Load(x + i + TOps.Width);
                    even = TOps.MultiplyAdd(first, first, even);
                    odd = TOps.MultiplyAdd(second, second, odd);
                }
                for (; i < whole; i += TOps.Width)
                {
                    var value = TOps.Load(x + i);
                    even = TOps.MultiplyAdd(value, value, even);
                }
                total += TOps.Sum(TOps.Add(even, odd));
                for (; i < length; i++) { total += (double)x[i] * x[i]; }
            }
        }
        return total;
    }

    public override void Scale(Span<float> a, float factor)
    {
        fixed (float* x = a)
        {
            var whole = Whole(a.Length);
            var multiplier = TOps.Broadcast(factor);
            for (nint i = 0; i < whole; i += TOps.Width) { TOps.Store(TOps.Multiply(TOps.Load(x + i), multiplier), x + i); }
            for (var i = whole; i < a.Length; i++) { x[i] *= factor; }
        }
    }

    public override void AdamStep(Span<float> values, ReadOnlySpan<float> gradients, Span<float> first, Span<float> second, in AdamStep step)
    {
        fixed (float* p = values, g = gradients, m = first, v = second)
        {
            var whole = Whole(values.Length);
            StepRange<TVector, TOps>(p, g, m, v, 0, whole, step);
            StepRange<float, OperationsScalar>(p, g, m, v, whole, values.Length, step);
        }
    }

    public override void Exp(Span<float> a)
    {
        fixed (float* x = a)
        {
            var whole = Whole(a.Length);
            for (nint i = 0; i < whole; i += TOps.Width) { TOps.Store(Elementary<TVector, TOps>.Exp(TOps.Load(x + i)), x + i); }
            for (var i = whole; i < a.Length; i++) { x[i] = Elementary<float, OperationsScalar>.Exp(x[i]); }
        }
    }

    public override void Tanh(Span<float> a)
    {
        fixed (float* x = a)
        {
            var whole = Whole(a.Length);
            ActivationKernel<TVector, TOps>.Apply(Activation.Tanh, x, whole);
            ActivationKernel<float, OperationsScalar>.Apply(Activation.Tanh, x + whole, a.Length - whole);
        }
    }

    public override void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int rows, int columns, int depth)
    {
        if (columns % TOps.Width != 0 || a.Length < rows * depth || b.Length < depth * columns || c.Length < rows * columns)
        {
            throw new ArgumentException($"A product of [{rows}, {depth}] by [{depth}, {columns}] needs whole vectors of {TOps.Width} columns and spans that hold it.");
        }
        fixed (float* x = a, y = b, z = c) { MatrixKernel<TVector, TOps>.Multiply(x, depth, 1, y, columns, z, columns, rows, columns, depth, null); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StepRange<V, O>(float* p, float* g, float* m, float* v, nint start, nint end, in AdamStep step)
        where V : unmanaged
        where O : IVectorOperations<V>
    {
        V decay = O.Broadcast(step.Decay), epsilon = O.Broadcast(step.Epsilon);
        V beta1 = O.Broadcast(step.Beta1), rest1 = O.Broadcast(1 - step.Beta1), beta2 = O.Broadcast(step.Beta2), rest2 = O.Broadcast(1 - step.Beta2);
        V stepSize = O.Broadcast(-step.StepSize), rootCorrection = O.Broadcast(step.RootCorrection);
        for (var i = start; i < end; i += O.Width)
        {
            var gradient = O.Load(g + i);
            // m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²
            var moment = O.MultiplyAdd(beta1, O.Load(m + i), O.Multiply(rest1, gradient));
            var square = O.MultiplyAdd(beta2, O.Load(v + i), O.Multiply(rest2, O.Multiply(gradient, gradient)));
            O.Store(moment, m + i);
            O.Store(square, v + i);
            // p ← p (1 - lr wd) - lr m̂ / (sqrt(v̂) + ε)
            var denominator = O.MultiplyAdd(O.SquareRoot(square), rootCorrection, epsilon);
            O.Store(O.MultiplyAdd(O.QuickDivide(moment, denominator), stepSize, O.Multiply(decay, O.Load(p + i))), p + i);
        }
    }

    private static int Whole(int length) => length - length % TOps.Width;
}
