using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Bellman.Algorithms;

/// <summary>Writes the wire format of Protocol Buffers: as much of it as ONNX needs.</summary>
internal sealed class ProtobufWriter
{
    private const int VarintType = 0, LengthType = 2, FixedType = 5;

    private readonly ArrayBufferWriter<byte> bytes = new();

    public ReadOnlySpan<byte> Bytes => bytes.WrittenSpan;

    public void Integer(int field, long value)
    {
        Tag(field, VarintType);
        Varint((ulong)value);
    }

    public void Single(int field, float value)
    {
        Tag(field, FixedType);
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(four, value);
        bytes.Write(four);
    }

    public void Text(int field, string value) => Raw(field, Encoding.UTF8.GetBytes(value));

    public void Raw(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthType);
        Varint((ulong)value.Length);
        bytes.Write(value);
    }

    public void Message(int field, Action<ProtobufWriter> write)
    {
        var inner = new ProtobufWriter();
        write(inner);
        Raw(field, inner.Bytes);
    }

    private void Tag(int field, int type) => Varint((ulong)(field << 3 | type));

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) { bytes.Write([(byte)(value | 0x80)]); }
        bytes.Write([(byte)value]);
    }
}
