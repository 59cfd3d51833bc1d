using System.Buffers.Binary;
using System.Text;
using Bellman.Runs;
using Bellman.Tests.Cli;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class SafetensorsTests
{
    [Fact]
    public void Blocks_return_to_the_bit() => Gen.Select(Gen.Float.Array, Gen.Double.Array, Gen.ULong.Array, Gen.Bool.Array, Gen.Short.Array).Sample((singles, doubles, longs, flags, shorts) =>
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, TensorBlock.Of<float>("f", singles), TensorBlock.Of<double>("d", doubles), TensorBlock.Of<ulong>("u", longs), TensorBlock.Of<bool>("b", flags), TensorBlock.Of<short>("s", shorts));
        using var file = SafetensorsFile.Open(path);
        return Same(singles, file, "f") && Same(doubles, file, "d") && Same(longs, file, "u") && Same(flags, file, "b") && Same(shorts, file, "s");
    }, iter: 50);

    [Fact]
    public void Bytes_are_those_of_the_format()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder, TensorBlock.Of<byte>("b", new byte[] { 1, 2, 3 }), TensorBlock.Of<float>("a", new[] { 1f, 2f }, 2, 1));
        var header = """{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        Assert.Equal(Bytes(header, [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 1, 2, 3]), File.ReadAllBytes(path));
    }

    [Fact]
    public void Hand_made_file_is_read()
    {
        using var folder = new TemporaryFolder();
        // 1 as BF16 is 3F80, as F16 it is 3C00; -2 is C000 in both.
        var path = Save(folder, Bytes("""{"__metadata__":{"format":"pt"},"bf":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"h":{"dtype":"F16","shape":[2],"data_offsets":[4,8]},"scalar":{"dtype":"I32","shape":[],"data_offsets":[8,12]},"none":{"dtype":"F32","shape":[0,5],"data_offsets":[12,12]}}""",
            [0x80, 0x3F, 0x00, 0xC0, 0x00, 0x3C, 0x00, 0xC0, 42, 0, 0, 0]));
        using var file = SafetensorsFile.Open(path);
        Assert.Equal("pt", file.Metadata["format"]);
        var values = new float[2];
        file.ReadSingles("bf", values);
        Assert.Equal([1f, -2f], values);
        file.ReadSingles("h", values);
        Assert.Equal([1f, -2f], values);
        var scalar = new int[1];
        file.Read<int>("scalar", scalar);
        Assert.Equal(42, scalar[0]);
        file.Read<float>("none", []);
    }

    [Theory]
    [InlineData("too short for a length", "", 0, "fewer than the 8")]
    [InlineData("not JSON", "{", 0, "malformed")]
    [InlineData("an array", "[]", 0, "not a JSON object")]
    [InlineData("data cut off", """{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 12, "truncated")]
    [InlineData("data left over", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 6, "belong to no tensor")]
    [InlineData("overlap", """{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6, "overlaps")]
    [InlineData("hole", """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""", 6, "belong to none")]
    [InlineData("unknown dtype", """{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1, "unknown dtype 'F8_E4M3'")]
    [InlineData("number for a dtype", """{"a":{"dtype":"3","shape":[1],"data_offsets":[0,1]}}""", 1, "unknown dtype '3'")]
    [InlineData("shape and bytes disagree", """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "does not take")]
    [InlineData("huge shape", """{"a":{"dtype":"U8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}""", 8, "does not take")]
    [InlineData("negative shape", """{"a":{"dtype":"U8","shape":[-2,-4],"data_offsets":[0,8]}}""", 8, "negative length")]
    [InlineData("backwards", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}}""", 4, "data offsets")]
    [InlineData("no offsets", """{"a":{"dtype":"U8","shape":[1]}}""", 1, "malformed")]
    [InlineData("twice", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "malformed")]
    public void Damaged_file_is_refused_with_the_reason(string what, string header, int data, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = Save(folder, header.Length == 0 ? [1, 2, 3] : Bytes(header, new byte[data]));
        var error = Assert.Throws<BellmanException>(() => SafetensorsFile.Open(path));
        Assert.True(error.Message.Contains(expected, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    [Theory]
    [InlineData(1_000_000_000_000ul, "at most")]
    [InlineData(1_000ul, "truncated")]
    public void Header_longer_than_it_may_be_is_refused(ulong length, string expected)
    {
        using var folder = new TemporaryFolder();
        var bytes = new byte[20];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        var error = Assert.Throws<BellmanException>(() => SafetensorsFile.Open(Save(folder, bytes)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Byte_that_is_no_truth_value_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var file = SafetensorsFile.Open(Save(folder, Bytes("""{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}""", [1, 2])));
        Assert.Throws<BellmanException>(() => file.Read<bool>("a", new bool[2]));
    }

    [Fact]
    public void Wrong_name_type_and_length_are_refused()
    {
        using var folder = new TemporaryFolder();
        using var file = SafetensorsFile.Open(Write(folder, TensorBlock.Of<float>("weights", new float[2])));
        Assert.Contains("weights", Assert.Throws<BellmanException>(() => file.Read<float>("weigths", new float[2])).Message, StringComparison.Ordinal);
        Assert.Contains("F64", Assert.Throws<BellmanException>(() => file.Read<double>("weights", new double[2])).Message, StringComparison.Ordinal);
        Assert.Contains("3 x F32", Assert.Throws<BellmanException>(() => file.Read<float>("weights", new float[3])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TensorBlock.Of<float>("a", new float[3], 2, 2));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(Stream.Null, [TensorBlock.Of<float>("a", new float[1]), TensorBlock.Of<int>("a", new int[1])]));
    }

    private static bool Same<T>(T[] expected, SafetensorsFile file, string name) where T : unmanaged
    {
        var read = new T[file.Find(name).Count];
        file.Read<T>(name, read);
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes(read.AsSpan()).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(expected.AsSpan()));
    }

    private static string Write(TemporaryFolder folder, params TensorBlock[] blocks)
    {
        var path = Path.Combine(folder.Path, "a.safetensors");
        using var stream = File.Create(path);
        SafetensorsWriter.Write(stream, blocks);
        return path;
    }

    private static string Save(TemporaryFolder folder, byte[] bytes)
    {
        var path = Path.Combine(folder.Path, "a.safetensors");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Bytes(string header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)Encoding.UTF8.GetByteCount(header));
        return [.. length, .. Encoding.UTF8.GetBytes(header), .. data];
    }
}
