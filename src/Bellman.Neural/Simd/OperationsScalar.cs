using System.Runtime.CompilerServices;

namespace Bellman.Neural;

/// <summary>One float at a time: what remains on a machine without vector registers.</summary>
internal readonly unsafe struct OperationsScalar : IVectorOperations<float>
{
    public static int Width => 1;

    public static float Load(float* source) => *source;

    public static void Store(float value, float* destination) => *destination = value;

    public static float Broadcast(float value) => value;

    public static float Add(float a, float b) => a + b;

    public static float Subtract(float a, float b) => a - b;

    public static float Multiply(float a, float b) => a * b;

    public static float Divide(float a, float b) => a / b;

    public static float QuickDivide(float a, float b) => a / b;

    public static float Minimum(float a, float b) => a < b ? a : b;

    public static float Maximum(float a, float b) => a > b ? a : b;

    public static float SquareRoot(float a) => MathF.Sqrt(a);

    public static float MultiplyAdd(float a, float b, float c) => a * b + c;

    public static float WherePositive(float gate, float value) => gate > 0 ? value : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ExponentFromLowBits(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) << 23);

    public static float Sum(float a) => a;
}
