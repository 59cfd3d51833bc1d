namespace Bellman.Neural;

/// <summary>
/// The few vector operations the kernels are written in. Each instruction-set width implements them as a struct, so
/// the JIT specialises and inlines every kernel for it: one source, no virtual call.
/// </summary>
/// <typeparam name="TVector">The register: Vector512, Vector256, Vector128 of float, or float itself.</typeparam>
internal unsafe interface IVectorOperations<TVector> where TVector : unmanaged
{
    /// <summary>Numbers per vector.</summary>
    static abstract int Width { get; }

    static abstract TVector Load(float* source);
    static abstract void Store(TVector value, float* destination);
    static abstract TVector Broadcast(float value);
    static abstract TVector Add(TVector a, TVector b);
    static abstract TVector Subtract(TVector a, TVector b);
    static abstract TVector Multiply(TVector a, TVector b);
    static abstract TVector Divide(TVector a, TVector b);
    static abstract TVector SquareRoot(TVector a);

    /// <summary>a where a &lt; b, else b: the hardware's minimum, which passes on a NaN in b.</summary>
    static abstract TVector Minimum(TVector a, TVector b);

    /// <summary>a where a &gt; b, else b: the hardware's maximum, which passes on a NaN in b.</summary>
    static abstract TVector Maximum(TVector a, TVector b);

    /// <summary>a / b within two units in the last place, for b of ordinary size.</summary>
    static abstract TVector QuickDivide(TVector a, TVector b);

    /// <summary>a b + c, fused where the hardware does.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The value where the gate is above zero, and zero elsewhere.</summary>
    static abstract TVector WherePositive(TVector gate, TVector value);

    /// <summary>2^n for a number whose lowest bits are the integer n + 127 (see <see cref="Elementary{TVector, TOps}.Exp"/>).</summary>
    static abstract TVector ExponentFromLowBits(TVector value);

    /// <summary>The sum over the lanes.</summary>
    static abstract float Sum(TVector a);
}
