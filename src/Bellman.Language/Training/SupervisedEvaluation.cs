using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>What a model makes of held-out examples.</summary>
/// <param name="Loss">Mean negative log-probability of a completion's token, in nats.</param>
/// <param name="Accuracy">Share of items whose greedy answer is right; NaN where there is nothing to check.</param>
/// <param name="Format">Share of items answered in the form that was asked for.</param>
/// <param name="Items">How many.</param>
public readonly record struct SupervisedResult(double Loss, double Accuracy, double Format, int Items);

/// <summary>Measures loss and greedy accuracy on the first held-out items of a task.</summary>
/// <param name="model">What is measured.</param>
/// <param name="tokenizer">Reads its answers.</param>
/// <param name="examples">Held-out examples.</param>
/// <param name="items">How many are measured.</param>
/// <param name="longestAnswer">Tokens after which an answer is cut.</param>
/// <param name="stopTokens">What ends an answer.</param>
public sealed class SupervisedEvaluation(Transformer model, ITokenizer tokenizer, TaskExamples examples, int items, int longestAnswer, IReadOnlyList<int> stopTokens)
{
    private const int RowsAtOnce = 64;

    /// <summary>Measures the model as it is.</summary>
    /// <exception cref="UsageException">A prompt does not fit the model's context.</exception>
    public SupervisedResult Run(CancellationToken cancellation = default)
    {
        var count = (int)Math.Min(items, examples.Count ?? items);
        var numbers = Enumerable.Range(0, count).ToList();
        var (loss, tokens, right, formed) = (0.0, 0L, 0.0, 0.0);
        foreach (var part in numbers.Chunk(RowsAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = part.Select(number => examples[number]).ToList();
            var (sum, scored) = Loss(rows);
            loss += sum;
            tokens += scored;
            var prompts = rows.Select((row, i) => new SamplingPrompt(row.Prompt, 1, RandomStream.Create(0, "evaluation").Child("item", part[i]))).ToList();
            var options = new SamplingOptions { Temperature = 0, MaximumNewTokens = longestAnswer, StopTokens = [.. stopTokens] };
            var answers = new LocalSampler(model, tokenizer).Sample(prompts, options, cancellation);
            for (var i = 0; i < rows.Count; i++)
            {
                var score = examples.Question(part[i]).Check(tokenizer.Decode(answers[i][0].Tokens));
                right += score.Answer;
                formed += score.Format;
            }
        }
        return new SupervisedResult(loss / Math.Max(1, tokens), right / Math.Max(1, count), formed / Math.Max(1, count), count);
    }

    private (double Sum, long Tokens) Loss(List<SupervisedExample> rows)
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var tokens = rows.Select(row => (int[])[.. row.Prompt, .. row.Completion]).Select(row => row.Length > model.ContextLength ? row[..model.ContextLength] : row).ToList();
        var mask = rows.Select((row, i) => tokens[i].Select((_, t) => t >= row.Prompt.Length).ToArray()).ToList();
        return (-model.Score(new TokenBatch(tokens, mask)).LogProbabilities.sum().ToDouble(), mask.Sum(row => (long)row.Count(flag => flag)));
    }
}
