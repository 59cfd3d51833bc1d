using System.Globalization;
using Microsoft.Extensions.AI;

namespace Bellman.Language;

/// <summary>
/// A language model behind a chat client that judges answers (RLAIF, Lee et al. 2023): which of two is better, asked in both orders
/// because judges favour a position, or how good one is.
/// </summary>
/// <param name="client">The judge.</param>
/// <param name="principle">What good means, in a sentence; a constitution's principle.</param>
public sealed class ChatJudge(IChatClient client, string principle = "Choose the answer that is more correct and more helpful.")
{
    /// <summary>
    /// The probability that <paramref name="first"/> is better: 1 or 0 where both orders agree, 0.5 where the judge follows the position;
    /// null where it did not answer with A or B in either order.
    /// </summary>
    public async Task<double?> PreferAsync(string question, string first, string second, CancellationToken cancellation = default)
    {
        var straight = await ChoiceAsync(question, first, second, cancellation).ConfigureAwait(false);
        var turned = await ChoiceAsync(question, second, first, cancellation).ConfigureAwait(false);
        // p = (p(first | A, B) + p(second | B, A)) / 2
        return (straight, turned) switch
        {
            (null, null) => null,
            ({ } chosen, null) => chosen ? 1 : 0,
            (null, { } chosen) => chosen ? 0 : 1,
            ({ } one, { } other) => 0.5 * ((one ? 1 : 0) + (other ? 0 : 1)),
        };
    }

    /// <summary>A score from 1 to 10 moved to [-1, 1]; null where the judge gave none.</summary>
    public async Task<double?> ScoreAsync(string question, string answer, CancellationToken cancellation = default)
    {
        var reply = await client.GetResponseAsync(
            $"{principle}\n\nQuestion:\n{question}\n\nAnswer:\n{answer}\n\nHow good is the answer? Reply with one whole number from 1 (useless) to 10 (perfect) and nothing else.",
            cancellationToken: cancellation).ConfigureAwait(false);
        var digits = string.Concat(reply.Text.SkipWhile(letter => !char.IsAsciiDigit(letter)).TakeWhile(char.IsAsciiDigit));
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var score) && score is >= 1 and <= 10
            ? GenerativeReward.Rescale(score, 1, 10)
            : null;
    }

    /// <returns>Whether A was chosen; null where neither was.</returns>
    private async Task<bool?> ChoiceAsync(string question, string a, string b, CancellationToken cancellation)
    {
        var reply = await client.GetResponseAsync(
            $"{principle}\n\nQuestion:\n{question}\n\nAnswer A:\n{a}\n\nAnswer B:\n{b}\n\nWhich answer is better? Reply with A or B and nothing else.",
            cancellationToken: cancellation).ConfigureAwait(false);
        return reply.Text.Trim().TrimStart('*', '"', '(').FirstOrDefault() switch
        {
            'A' or 'a' => true,
            'B' or 'b' => false,
            _ => null,
        };
    }
}

/// <summary>Direct RLAIF: the judge's score is the reward; an answer it does not score gets none.</summary>
public sealed class JudgeReward(ChatJudge judge) : IReward
{
    /// <inheritdoc/>
    public string Name => "judge";

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context) =>
        new(Task.WhenAll(rollouts.Select(rollout => judge.ScoreAsync(rollout.Prompt.Text, rollout.Text, context.Cancellation))).GetAwaiter().GetResult());
}
