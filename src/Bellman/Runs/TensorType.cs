using System.Runtime.CompilerServices;

namespace Bellman.Runs;

/// <summary>Element types of the safetensors format, under the format's own names.</summary>
public enum TensorType
{
    /// <summary>bool, one byte.</summary>
    BOOL,
    /// <summary>byte.</summary>
    U8,
    /// <summary>sbyte.</summary>
    I8,
    /// <summary>short.</summary>
    I16,
    /// <summary>ushort.</summary>
    U16,
    /// <summary><see cref="Half"/>.</summary>
    F16,
    /// <summary>The upper half of a float.</summary>
    BF16,
    /// <summary>int.</summary>
    I32,
    /// <summary>uint.</summary>
    U32,
    /// <summary>float.</summary>
    F32,
    /// <summary>long.</summary>
    I64,
    /// <summary>ulong.</summary>
    U64,
    /// <summary>double.</summary>
    F64,
}

/// <summary>Sizes of element types, and the .NET types that hold them.</summary>
public static class TensorTypes
{
    /// <summary>Bytes an element takes.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.BOOL or TensorType.U8 or TensorType.I8 => 1,
        TensorType.I16 or TensorType.U16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.I32 or TensorType.U32 or TensorType.F32 => 4,
        _ => 8,
    };

    /// <summary>The element type that stores <typeparamref name="T"/> (an enum: as int).</summary>
    /// <exception cref="NotSupportedException">The format has none.</exception>
    public static TensorType Of<T>() where T : unmanaged => default(T) switch
    {
        bool => TensorType.BOOL,
        byte => TensorType.U8,
        sbyte => TensorType.I8,
        short => TensorType.I16,
        ushort => TensorType.U16,
        Half => TensorType.F16,
        int => TensorType.I32,
        uint => TensorType.U32,
        float => TensorType.F32,
        long => TensorType.I64,
        ulong => TensorType.U64,
        double => TensorType.F64,
        Enum when Unsafe.SizeOf<T>() == sizeof(int) => TensorType.I32,
        _ => throw new NotSupportedException($"Blocks of type {typeof(T)} cannot be stored. Use a number, a bool or an enum stored as int."),
    };
}
