using System.Runtime.InteropServices;

namespace Bellman.Runs;

/// <summary>A named block of numbers to be written: it refers to the owner's memory and copies nothing.</summary>
public abstract class TensorBlock
{
    private protected TensorBlock(string name, TensorType type, IReadOnlyList<long> shape)
    {
        Name = name;
        Type = type;
        Shape = shape;
    }

    /// <summary>The name in the file.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public TensorType Type { get; }

    /// <summary>Lengths of the axes, row-major.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Elements.</summary>
    public abstract long Count { get; }

    /// <summary>A block over <paramref name="values"/>; <paramref name="shape"/> defaults to one axis.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements.</exception>
    public static TensorBlock Of<T>(string name, ReadOnlyMemory<T> values, params long[] shape) where T : unmanaged
    {
        if (shape.Length == 0) { shape = [values.Length]; }
        if (shape.Aggregate(1L, (product, axis) => product * axis) != values.Length)
        {
            throw new ArgumentException($"Tensor '{name}' of shape [{string.Join(", ", shape)}] does not have {values.Length} elements.", nameof(shape));
        }
        return new Block<T>(name, values, shape);
    }

    /// <summary>A block over floats that is stored as F32, F16 or BF16, each rounded to the nearest (ties to even).</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements, or the type is none of these.</exception>
    public static TensorBlock Rounded(string name, ReadOnlyMemory<float> values, TensorType type, params long[] shape)
    {
        if (type == TensorType.F32) { return Of(name, values, shape); }
        if (type is not (TensorType.F16 or TensorType.BF16)) { throw new ArgumentException($"Floats are stored as F32, F16 or BF16, not {type}.", nameof(type)); }
        // Of checks the shape.
        return new RoundedBlock(name, values, type, Of(name, values, shape).Shape);
    }

    internal abstract void WriteTo(Stream stream);

    private sealed class Block<T>(string name, ReadOnlyMemory<T> values, long[] shape) : TensorBlock(name, TensorTypes.Of<T>(), shape) where T : unmanaged
    {
        // A span of bytes holds at most 2^31 of them, a block of doubles up to eight times as many.
        private const int Slice = 1 << 20;

        public override long Count => values.Length;

        internal override void WriteTo(Stream stream)
        {
            for (var first = 0; first < values.Length; first += Slice)
            {
                var slice = values.Span.Slice(first, Math.Min(Slice, values.Length - first));
                stream.Write(MemoryMarshal.AsBytes(slice));
            }
        }
    }

    private sealed class RoundedBlock(string name, ReadOnlyMemory<float> values, TensorType type, IReadOnlyList<long> shape) : TensorBlock(name, type, shape)
    {
        private const int Slice = 1 << 16;

        public override long Count => values.Length;

        internal override void WriteTo(Stream stream)
        {
            var rounded = new ushort[Math.Min(Slice, values.Length)];
            for (var first = 0; first < values.Length; first += Slice)
            {
                var slice = values.Span.Slice(first, Math.Min(Slice, values.Length - first));
                for (var i = 0; i < slice.Length; i++) { rounded[i] = Type == TensorType.F16 ? BitConverter.HalfToUInt16Bits((Half)slice[i]) : UpperHalf(slice[i]); }
                stream.Write(MemoryMarshal.AsBytes(rounded.AsSpan(0, slice.Length)));
            }
        }

        private static ushort UpperHalf(float value)
        {
            var bits = BitConverter.SingleToUInt32Bits(value);
            // Rounding up would turn a NaN of small payload into infinity.
            if (float.IsNaN(value)) { return (ushort)((bits >> 16) | ((bits & 0xFFFF) != 0 ? 0x40u : 0)); }
            return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }
}
