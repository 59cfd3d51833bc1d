using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>One lane, a double: single environments, and batches on a machine without vectors.</summary>
internal readonly unsafe struct Lane(double value) : ILanes<Lane>
{
    public double Value { get; } = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Load(double* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lane value, double* destination) => *destination = value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane LoadSingle(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSingle(Lane value, float* destination) => *destination = (float)value.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Lane(double value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator +(Lane a, Lane b) => a.Value + b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator -(Lane a, Lane b) => a.Value - b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator -(Lane a) => -a.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator *(Lane a, Lane b) => a.Value * b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator /(Lane a, Lane b) => a.Value / b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Abs(Lane a) => Math.Abs(a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Floor(Lane a) => Math.Floor(a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Clamp(Lane a, Lane low, Lane high) => Math.Clamp(a.Value, low.Value, high.Value);

    // A call of its own: a task with many would exceed what the JIT inlines into one method.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (Lane Sin, Lane Cos) SinCos(Lane angle) => Trigonometry<Lane>.SinCos(angle);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lane Sin, Lane Cos) SinCosSmall(Lane angle) => Trigonometry<Lane>.SinCosSmall(angle);

    // The remainder is exact, so this equals Gymnasium's ((angle + pi) mod 2 pi) - pi to the last bit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane WrapAngle(Lane angle)
    {
        var remainder = (angle.Value + Math.PI) % (2 * Math.PI);
        return (remainder < 0 ? remainder + 2 * Math.PI : remainder) - Math.PI;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane FusedMultiplyAdd(Lane a, Lane b, Lane c) => Math.FusedMultiplyAdd(a.Value, b.Value, c.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Equal(Lane a, Lane b) => Mask(a.Value == b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Greater(Lane a, Lane b) => Mask(a.Value > b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane GreaterOrEqual(Lane a, Lane b) => Mask(a.Value >= b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator &(Lane a, Lane b) =>
        BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(a.Value) & BitConverter.DoubleToUInt64Bits(b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator |(Lane a, Lane b) =>
        BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(a.Value) | BitConverter.DoubleToUInt64Bits(b.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Select(Lane mask, Lane whenSet, Lane whenNot) => Bits(mask) != 0 ? whenSet : whenNot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bits(Lane mask) => (uint)(BitConverter.DoubleToUInt64Bits(mask.Value) >> 63);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Advance(int* counters, int limit) => ++*counters >= limit ? 1u : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Mask(bool set) => set ? BitConverter.UInt64BitsToDouble(ulong.MaxValue) : 0;
}
