using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Runs;

/// <summary>
/// Averages measurements between writes and appends each average to <c>metrics.jsonl</c> and the TensorBoard events.
/// What depends on the clock is named <c>time/...</c>, so that two runs can be compared without it. Without a folder it
/// only keeps the recent episodes.
/// </summary>
public sealed class MetricLog : IMetricSink, IStateful, IDisposable
{
    /// <summary>Episodes over which the recent return is averaged.</summary>
    public const int Window = 100;

    private readonly AppendedFile? lines;
    private readonly TensorBoardWriter? events;
    private readonly Dictionary<string, (double Sum, long Count)> pending = new(StringComparer.Ordinal);
    private readonly double[] recentReturns = new double[Window];
    private readonly double[] recentLengths = new double[Window];
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private long episodes;
    private long stepsAtClock;
    private long lastStep = -1;

    /// <summary>A log in memory.</summary>
    public MetricLog() { }

    /// <summary>A log that also writes to <paramref name="folder"/>.</summary>
    public MetricLog(string folder)
    {
        lines = new AppendedFile(Path.Combine(folder, "metrics.jsonl"));
        events = new TensorBoardWriter(folder);
    }

    /// <summary>Episodes finished so far.</summary>
    public long Episodes => episodes;

    /// <summary>Mean return of the last 100 episodes; NaN before the first.</summary>
    public double RecentReturn => Mean(recentReturns);

    /// <summary>Mean length of the last 100 episodes; NaN before the first.</summary>
    public double RecentLength => Mean(recentLengths);

    /// <summary>The step of the last line; -1 before the first.</summary>
    public long LastStep => lastStep;

    /// <summary>The first loss that was not finite, or null.</summary>
    public string? NonFiniteLoss { get; private set; }

    /// <inheritdoc/>
    public void Add(string name, double value)
    {
        if (!double.IsFinite(value))
        {
            if (name.StartsWith("loss/", StringComparison.Ordinal)) { NonFiniteLoss ??= $"{name} is {value}"; }
            return;
        }
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(pending, name, out _);
        entry = (entry.Sum + value, entry.Count + 1);
    }

    /// <inheritdoc/>
    public void Episode(double episodeReturn, int length)
    {
        recentReturns[episodes % Window] = episodeReturn;
        recentLengths[episodes % Window] = length;
        episodes++;
    }

    /// <summary>Writes the averages since the last write.</summary>
    public void Write(long step)
    {
        if (episodes > 0)
        {
            Add("episode/return", RecentReturn);
            Add("episode/length", RecentLength);
            Add("episode/count", episodes);
        }
        var seconds = clock.Elapsed.TotalSeconds;
        if (seconds > 0 && step > stepsAtClock) { Add("time/steps_per_second", (step - stepsAtClock) / seconds); }
        clock.Restart();
        stepsAtClock = step;
        var line = new StringBuilder($"{{\"step\":{step}");
        foreach (var (name, (sum, count)) in pending.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            var mean = sum / count;
            line.Append(CultureInfo.InvariantCulture, $",\"{JsonEncodedText.Encode(name)}\":{mean:R}");
            events?.Scalar(name, step, mean);
        }
        lines?.Append(Encoding.UTF8.GetBytes(line.Append("}\n").ToString()));
        pending.Clear();
        lastStep = step;
    }

    /// <summary>Forgets everything, files included: the run begins anew.</summary>
    public void Restart()
    {
        pending.Clear();
        episodes = 0;
        lastStep = -1;
        lines?.Clear();
        events?.Restart();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(episodes), ref episodes);
        state.Value(nameof(lastStep), ref lastStep);
        if (state.IsLoading) { stepsAtClock = Math.Max(0, lastStep); }
        state.Array<double>(nameof(recentReturns), recentReturns);
        state.Array<double>(nameof(recentLengths), recentLengths);
        ExchangePending(state);
        if (lines is not null) { state.Part(nameof(lines), lines); }
        if (events is not null) { state.Part(nameof(events), events); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lines?.Dispose();
        events?.Dispose();
    }

    /// <summary>Names that wait to be written vary, so they travel as one text.</summary>
    private void ExchangePending(StateExchange state)
    {
        var json = new JsonObject();
        foreach (var (name, (sum, count)) in pending.OrderBy(entry => entry.Key, StringComparer.Ordinal)) { json[name] = new JsonArray(sum, count); }
        string? text = json.ToJsonString();
        state.Text(nameof(pending), ref text);
        if (!state.IsLoading) { return; }
        pending.Clear();
        foreach (var (name, entry) in JsonNode.Parse(text ?? "{}") as JsonObject ?? [])
        {
            if (entry is JsonArray { Count: 2 } pair && pair[0] is { } sum && pair[1] is { } count)
            {
                pending[name] = (sum.GetValue<double>(), count.GetValue<long>());
            }
        }
    }

    private double Mean(double[] values) => episodes == 0 ? double.NaN : values.AsSpan(0, (int)Math.Min(episodes, Window)).ToArray().Average();
}
