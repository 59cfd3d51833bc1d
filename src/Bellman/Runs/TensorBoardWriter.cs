using System.Buffers.Binary;
using System.Text;

namespace Bellman.Runs;

/// <summary>
/// Scalars as a TensorBoard event file: TFRecord frames (length, masked CRC-32C, payload, masked CRC-32C) around
/// Event messages, encoded by hand since they are four fields.
/// </summary>
internal sealed class TensorBoardWriter : IStateful, IDisposable
{
    private static readonly uint[] Table = MakeTable();

    private readonly AppendedFile file;

    public TensorBoardWriter(string folder)
    {
        file = new AppendedFile(Path.Combine(folder, "events.out.tfevents.bellman"));
        if (file.IsEmpty) { WriteVersion(); }
    }

    public void Restart()
    {
        file.Clear();
        WriteVersion();
    }

    public void Scalar(string tag, long step, double value) => Append(message =>
    {
        message.Integer(2, (ulong)step);
        // Event.summary = 5, Summary.value = 1, Value.tag = 1, Value.simple_value = 2
        message.Message(5, summary => summary.Message(1, scalar =>
        {
            scalar.Text(1, tag);
            scalar.Single(2, (float)value);
        }));
    });

    public void Exchange(StateExchange state) => file.Exchange(state);

    public void Dispose() => file.Dispose();

    private void WriteVersion() => Append(message => message.Text(3, "brain.Event:2"));

    private void Append(Action<ProtocolBuffer> write)
    {
        var message = new ProtocolBuffer();
        message.Double(1, (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds);
        write(message);
        var payload = message.ToArray();
        var frame = new byte[payload.Length + 16];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Mask(Crc32C(frame.AsSpan(0, 8))));
        payload.CopyTo(frame, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + payload.Length), Mask(Crc32C(payload)));
        file.Append(frame);
    }

    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) { crc = Table[(byte)(crc ^ value)] ^ (crc >> 8); }
        return ~crc;
    }

    /// <summary>The frame's checksums are rotated and offset, so that a checksum of checksums stays useful.</summary>
    internal static uint Mask(uint crc) => ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++) { crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1; }
            table[i] = crc;
        }
        return table;
    }

    /// <summary>The wire format of protocol buffers, as far as events need it.</summary>
    private sealed class ProtocolBuffer
    {
        private readonly List<byte> bytes = [];

        public void Integer(int field, ulong value)
        {
            Varint((ulong)field << 3);
            Varint(value);
        }

        public void Double(int field, double value)
        {
            Varint(((ulong)field << 3) | 1);
            bytes.AddRange(BitConverter.GetBytes(value));
        }

        public void Single(int field, float value)
        {
            Varint(((ulong)field << 3) | 5);
            bytes.AddRange(BitConverter.GetBytes(value));
        }

        public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

        public void Message(int field, Action<ProtocolBuffer> write)
        {
            var inner = new ProtocolBuffer();
            write(inner);
            Bytes(field, inner.ToArray());
        }

        public byte[] ToArray() => [.. bytes];

        private void Bytes(int field, byte[] value)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)value.Length);
            bytes.AddRange(value);
        }

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7) { bytes.Add((byte)(value | 0x80)); }
            bytes.Add((byte)value);
        }
    }
}
