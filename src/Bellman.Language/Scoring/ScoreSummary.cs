using Bellman.Experiments;
using Bellman.Language.Tasks;

namespace Bellman.Language.Scoring;

/// <summary>A measured quantity with its 95% interval.</summary>
/// <param name="Name">As in tables: <c>pass@1</c>.</param>
/// <param name="Value">The estimate.</param>
/// <param name="Interval">Where it lies with 95% confidence.</param>
public sealed record ScoreMetric(string Name, double Value, Interval Interval);

/// <summary>Gathers scores question by question and sums them up.</summary>
/// <param name="samples">Responses a question.</param>
/// <param name="tries">The k of pass@k and maj@k, each from 1 to <paramref name="samples"/>.</param>
public sealed class ScoreSummary(int samples, IReadOnlyList<int> tries)
{
    private readonly List<IReadOnlyList<TaskScore>> questions = [];
    private long tokens;
    private long cut;

    /// <summary>Questions so far.</summary>
    public int Questions => questions.Count;

    /// <summary>Adds the responses to one question.</summary>
    public void Add(IReadOnlyList<ScoredResponse> responses)
    {
        if (responses.Count != samples) { throw new ArgumentException($"{samples} responses a question are expected; there are {responses.Count}.", nameof(responses)); }
        questions.Add([.. responses.Select(response => response.Score)]);
        tokens += responses.Sum(response => (long)response.Response.Tokens);
        cut += responses.Count(response => response.Response.Finish == FinishReason.Length);
    }

    /// <summary>
    /// pass@k, maj@k, the share of responses in the form that was asked for, mean tokens and the share that was cut. Intervals resample
    /// questions; with one sample a question, pass@1 is a share of independent trials and has Wilson's interval.
    /// </summary>
    public IReadOnlyList<ScoreMetric> Metrics()
    {
        if (questions.Count == 0) { return []; }
        var metrics = new List<ScoreMetric>();
        foreach (var k in tries.Order().Distinct())
        {
            var values = questions.Select(scores => PassAtK.Estimate(samples, scores.Count(score => score.Answer >= 1), k)).ToArray();
            var interval = samples == 1 ? Statistics.WilsonInterval((int)values.Sum(), values.Length) : Statistics.BootstrapInterval(values, Statistic.Mean);
            metrics.Add(new ScoreMetric($"pass@{k}", Statistics.Mean(values), interval));
        }
        foreach (var k in tries.Order().Distinct().Where(k => k > 1)) { metrics.Add(Resampled($"maj@{k}", scores => MajorityVote.Estimate(scores, k))); }
        metrics.Add(Resampled("format", scores => scores.Average(score => score.Format)));
        return metrics;
    }

    /// <summary>Mean tokens of a response.</summary>
    public double MeanTokens => questions.Count == 0 ? double.NaN : (double)tokens / (questions.Count * samples);

    /// <summary>Share of responses that the limit of tokens cut.</summary>
    public double ShareCut => questions.Count == 0 ? double.NaN : (double)cut / (questions.Count * samples);

    private ScoreMetric Resampled(string name, Func<IReadOnlyList<TaskScore>, double> measure)
    {
        var values = questions.Select(measure).ToArray();
        return new ScoreMetric(name, Statistics.Mean(values), Statistics.BootstrapInterval(values, Statistic.Mean));
    }
}
