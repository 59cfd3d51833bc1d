using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Language.Tasks;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>What <c>bellman score</c> was asked to do.</summary>
internal sealed record ScoreRequest
{
    public required string Command { get; init; }

    public required string Model { get; init; }

    /// <summary>The data file or the task.</summary>
    public required string Source { get; init; }

    public required int Samples { get; init; }

    public required IReadOnlyList<int> Tries { get; init; }

    public required SamplingOptions Sampling { get; init; }

    public required ulong Seed { get; init; }

    public required int Batch { get; init; }

    public required bool Json { get; init; }
}

/// <summary>One scoring as a run: responses go to <c>responses.jsonl</c> as they come, the sums to <c>report.md</c> and the terminal.</summary>
internal sealed class ScoreSession(Terminal terminal, RunStore store, ScoreRequest request, IReadOnlyList<TextItem> items)
{
    public const string ResponsesFile = "responses.jsonl";

    private static readonly JsonSerializerOptions Line = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ScoreSummary summary = new(request.Samples, request.Tries);

    private string Answers => request.Samples == 1 ? "one answer each" : $"{request.Samples} answers each";

    public int Run(ITextGenerator generator)
    {
        var configuration = new RunConfiguration { Algorithm = "score", Environment = Path.GetFileName(request.Source), Steps = items.Count, Seed = request.Seed, Options = new Dictionary<string, string> { ["model"] = request.Model, ["samples"] = $"{request.Samples}" } };
        using var run = store.Create(configuration, request.Command);
        terminal.Error.WriteLine($"Run {run.Id} in {run.Folder}: {items.Count} questions, {Answers}.");
        store.Update(run, record => record with { Status = RunStatus.Running });
        var clock = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            Answer(run, generator, clock);
        }
        catch (OperationCanceledException)
        {
            Finish(run, RunStatus.Interrupted, clock);
            terminal.Error.WriteLine($"Stopped after {summary.Questions} of {items.Count} questions; the sums are over those.");
            return CommandLine.Interrupted;
        }
        catch (BellmanException)
        {
            store.Update(run, record => record with { Status = RunStatus.Failed, StepsTaken = summary.Questions, Seconds = clock.Elapsed.TotalSeconds });
            throw;
        }
        Finish(run, RunStatus.Finished, clock);
        return 0;
    }

    private void Answer(Run run, ITextGenerator generator, System.Diagnostics.Stopwatch clock)
    {
        using var responses = new AppendedFile(Path.Combine(run.Folder, ResponsesFile));
        var next = TimeSpan.FromSeconds(10);
        foreach (var answered in new Scorer(generator, request.Sampling, request.Seed).Score(items, request.Samples, request.Batch, terminal.Cancellation))
        {
            summary.Add(answered);
            foreach (var response in answered) { responses.Append(Encoding.UTF8.GetBytes(Record(response) + "\n")); }
            if (clock.Elapsed < next) { continue; }
            next = clock.Elapsed + TimeSpan.FromSeconds(10);
            terminal.Error.WriteLine($"{summary.Questions}/{items.Count} questions, pass@1 so far {summary.Metrics()[0].Value:0.000}, {clock.Elapsed.TotalSeconds:0} s");
        }
    }

    private void Finish(Run run, RunStatus status, System.Diagnostics.Stopwatch clock)
    {
        var metrics = summary.Metrics();
        store.Update(run, record => record with { Status = status, StepsTaken = summary.Questions, BestEvaluation = metrics.Count > 0 ? metrics[0].Value : null, Seconds = clock.Elapsed.TotalSeconds });
        var rows = metrics.Select(metric => (IReadOnlyList<string>)[metric.Name, Numbers.Text(metric.Value), Numbers.Text(metric.Interval)]).ToList();
        run.Write("report.md", $"# {request.Model} on {request.Source}\n\n`{request.Command}`\n\n{summary.Questions} questions, {Answers}, {Numbers.Text(summary.MeanTokens)} tokens an answer, {Numbers.Text(summary.ShareCut)} of them cut by the limit.\n\n"
            + "| | value | 95% interval |\n|---|---|---|\n" + string.Concat(rows.Select(row => $"| {row[0]} | {row[1]} | {row[2]} |\n")));
        if (request.Json) { terminal.Json(Json(run, metrics)); return; }
        terminal.Output.WriteLine($"{request.Model} on {request.Source}: {summary.Questions} questions, {Answers}.");
        terminal.Table(["metric", "value", "95% interval"], rows);
        terminal.Output.WriteLine($"{Numbers.Text(summary.MeanTokens)} tokens an answer, {Numbers.Text(100 * summary.ShareCut)}% cut by the limit of {request.Sampling.MaximumNewTokens}; {Numbers.Duration(clock.Elapsed.TotalSeconds)}.");
        terminal.Output.WriteLine($"Answers: {Path.Combine(run.Folder, ResponsesFile)}");
    }

    private JsonObject Json(Run run, IReadOnlyList<ScoreMetric> metrics) => new()
    {
        ["run"] = run.Id,
        ["model"] = request.Model,
        ["source"] = request.Source,
        ["questions"] = summary.Questions,
        ["samples"] = request.Samples,
        ["seed"] = request.Seed,
        ["meanTokens"] = Finite(summary.MeanTokens),
        ["shareCut"] = Finite(summary.ShareCut),
        ["metrics"] = new JsonArray([.. metrics.Select(metric => new JsonObject
        {
            ["name"] = metric.Name,
            ["value"] = Finite(metric.Value),
            ["low"] = Finite(metric.Interval.Low),
            ["high"] = Finite(metric.Interval.High),
        })]),
        ["responses"] = Path.Combine(run.Folder, ResponsesFile),
    };

    private static JsonValue? Finite(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static string Record(ScoredResponse scored) => new JsonObject
    {
        ["item"] = scored.Item.Id,
        ["sample"] = scored.Sample,
        ["prompt"] = scored.Item.Prompt,
        ["response"] = scored.Response.Text,
        ["reference"] = scored.Item.Answer,
        ["parsed"] = scored.Score.Parsed,
        ["format"] = scored.Score.Format,
        ["answer"] = scored.Score.Answer,
        ["reason"] = scored.Score.Reason,
        ["tokens"] = scored.Response.Tokens,
        ["finish"] = scored.Response.Finish.ToString(),
    }.ToJsonString(Line);
}
