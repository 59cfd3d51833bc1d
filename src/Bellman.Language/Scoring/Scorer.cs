using Bellman.Language.Chat;
using Bellman.Language.Tasks;

namespace Bellman.Language.Scoring;

/// <summary>One response and its score.</summary>
/// <param name="Item">The question.</param>
/// <param name="Sample">Which of its responses, from 0.</param>
/// <param name="Response">What was answered.</param>
/// <param name="Score">What the checker says.</param>
public sealed record ScoredResponse(TextItem Item, int Sample, TextResponse Response, TaskScore Score);

/// <summary>Asks a model questions and checks its answers.</summary>
/// <param name="generator">Who answers.</param>
/// <param name="options">How answers are drawn.</param>
/// <param name="seed">Seed of the draws; each question has a stream of its own, so its answers do not depend on the others.</param>
public sealed class Scorer(ITextGenerator generator, SamplingOptions options, ulong seed)
{
    /// <summary>Scores questions in batches.</summary>
    /// <param name="items">The questions.</param>
    /// <param name="samples">Answers to each, at least 1.</param>
    /// <param name="batch">Questions asked at once: more are faster and take more memory.</param>
    /// <param name="cancellation">Stops within a batch, whose answers are then lost.</param>
    /// <returns>The responses to each question, batch by batch as they come.</returns>
    public IEnumerable<IReadOnlyList<ScoredResponse>> Score(IReadOnlyList<TextItem> items, int samples, int batch, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var random = RandomStream.Create(seed, "score");
        for (var start = 0; start < items.Count; start += batch)
        {
            var chunk = items.Skip(start).Take(batch).ToList();
            var requests = chunk.Select((item, index) => new TextRequest(item.Id, [new ChatMessage("user", item.Prompt)], samples, random.Child("item", start + index))).ToList();
            var responses = generator.Generate(requests, options, cancellation);
            for (var i = 0; i < chunk.Count; i++)
            {
                yield return [.. responses[i].Select((response, sample) => new ScoredResponse(chunk[i], sample, response, chunk[i].Check(response.Text)))];
            }
        }
    }
}
