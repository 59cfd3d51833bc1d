using System.Buffers.Binary;
using System.Text;
using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class MetricLogTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Line_holds_averages_by_sorted_name_without_what_is_not_defined()
    {
        using (var log = new MetricLog(folder.Path))
        {
            log.Add("z", 1);
            log.Add("loss/a", 1);
            log.Add("loss/a", 2);
            log.Add("undefined", double.NaN);
            log.Add("quoted \"name\"", 0.1);
            log.Write(10);
        }
        var line = Assert.Single(File.ReadAllLines(Metrics)).Split(",\"time/")[0];
        Assert.StartsWith("""{"step":10,"loss/a":1.5,"quoted \u0022name\u0022":0.1""", line, StringComparison.Ordinal);
        Assert.DoesNotContain("undefined", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Average_begins_anew_after_each_line()
    {
        using var log = new MetricLog(folder.Path);
        log.Add("a", 1);
        log.Write(1);
        log.Write(2);
        log.Add("a", 5);
        log.Write(3);
        Assert.Equal([1.0, null, 5.0], Values("a"));
    }

    [Fact]
    public void Episodes_are_averaged_over_the_last_hundred()
    {
        using var log = new MetricLog(folder.Path);
        for (var i = 0; i < 150; i++) { log.Episode(i, 2 * i); }
        log.Write(1);
        // The mean of 50 .. 149.
        Assert.Equal([99.5], Values("episode/return"));
        Assert.Equal([199.0], Values("episode/length"));
        Assert.Equal([150.0], Values("episode/count"));
    }

    [Fact]
    public void First_loss_that_is_not_finite_is_named()
    {
        using var log = new MetricLog();
        log.Add("other/a", double.PositiveInfinity);
        Assert.Null(log.NonFiniteLoss);
        log.Add("loss/a", double.PositiveInfinity);
        log.Add("loss/b", double.NaN);
        Assert.Contains("loss/a", log.NonFiniteLoss, StringComparison.Ordinal);
    }

    [Fact]
    public void Resumed_log_is_cut_back_to_what_its_state_knew_and_goes_on_the_same()
    {
        void Feed(MetricLog log, int from, int to)
        {
            for (var i = from; i < to; i++)
            {
                log.Add("a", 1.0 / (i + 1));
                log.Episode(i, i);
                if (i % 5 == 4) { log.Write(i + 1); }
            }
        }
        string[] expected;
        using (var whole = new TemporaryFolder())
        {
            using (var log = new MetricLog(whole.Path)) { Feed(log, 0, 230); }
            expected = WithoutTime(Path.Combine(whole.Path, "metrics.jsonl"));
        }

        System.Text.Json.Nodes.JsonObject saved;
        using (var log = new MetricLog(folder.Path))
        {
            Feed(log, 0, 113);
            saved = JsonState.Save(log);
            // Then it went on, and was killed while it wrote a line.
            Feed(log, 113, 180);
        }
        File.AppendAllText(Metrics, """{"step":181,"a":0.""");
        using (var log = new MetricLog(folder.Path))
        {
            JsonState.Load(log, saved);
            Feed(log, 113, 230);
        }
        Assert.Equal(expected, WithoutTime(Metrics));
        Assert.Equal(46, Scalars(folder.Path, "a"));
    }

    [Theory]
    [InlineData("123456789", 0xE3069283u)]
    [InlineData("", 0u)]
    [InlineData("a", 0xC1D04330u)]
    public void Checksum_is_CRC_32C(string text, uint expected) => Assert.Equal(expected, TensorBoardWriter.Crc32C(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Checksum_of_32_zeros_is_that_of_RFC_3720() => Assert.Equal(0x8A9136AAu, TensorBoardWriter.Crc32C(new byte[32]));

    [Fact]
    public void Event_file_begins_with_its_version_and_holds_scalars_in_checked_frames()
    {
        using (var log = new MetricLog(folder.Path))
        {
            log.Add("loss/a", 0.5);
            log.Write(300);
        }
        var frames = Frames(folder.Path);
        Assert.Equal("brain.Event:2", Encoding.UTF8.GetString(frames[0].AsSpan(11)));
        // wall_time: field 1, 8 bytes; step = 300: field 2; summary: field 5 { value: field 1 { tag: field 1; simple_value: field 2, 4 bytes } }
        byte[] expected = [0x10, 0xAC, 0x02, 0x2A, 15, 0x0A, 13, 0x0A, 6, .. "loss/a"u8, 0x15, 0, 0, 0, 0x3F];
        Assert.Equal(0x09, frames[1][0]);
        Assert.Equal(expected, frames[1][9..]);
    }

    [Fact]
    public void Folder_that_cannot_be_written_is_said()
    {
        Directory.CreateDirectory(Metrics);
        var error = Assert.Throws<BellmanException>(() => new MetricLog(folder.Path));
        Assert.Contains("metrics.jsonl could not be written", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Full_disk_is_said()
    {
        if (!OperatingSystem.IsLinux()) { Assert.Skip("There is no /dev/full here."); }
        File.CreateSymbolicLink(Metrics, "/dev/full");
        using var log = new MetricLog(folder.Path);
        log.Add("a", 1);
        var error = Assert.Throws<BellmanException>(() => log.Write(1));
        Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Contains("Free space", error.Message, StringComparison.Ordinal);
    }

    private string Metrics => Path.Combine(folder.Path, "metrics.jsonl");

    internal static string[] WithoutTime(string path) => [.. File.ReadAllLines(path).Select(line => line.Split(",\"time/")[0].TrimEnd('}'))];

    private double?[] Values(string name) =>
        [.. File.ReadAllLines(Metrics).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)?[name]?.GetValue<double>())];

    private static int Scalars(string folder, string tag) =>
        Frames(folder).Count(frame => frame.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x0A, (byte)tag.Length, .. Encoding.UTF8.GetBytes(tag), 0x15]) >= 0);

    /// <summary>The payloads of the event file, each checked by both of its checksums.</summary>
    private static List<byte[]> Frames(string folder)
    {
        var bytes = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder, "events.out.tfevents.*")));
        var frames = new List<byte[]>();
        for (var position = 0; position < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(position));
            Assert.Equal(TensorBoardWriter.Mask(TensorBoardWriter.Crc32C(bytes.AsSpan(position, 8))), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position + 8)));
            var payload = bytes.AsSpan(position + 12, length);
            Assert.Equal(TensorBoardWriter.Mask(TensorBoardWriter.Crc32C(payload)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position + 12 + length)));
            frames.Add(payload.ToArray());
            position += length + 16;
        }
        return frames;
    }
}
