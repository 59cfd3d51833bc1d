using System.Text.RegularExpressions;
using Bellman.Language;
using Bellman.Language.Tasks;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>1 for a response with fewer tokens than the mean of all training responses so far, those scored with it included; 0 otherwise.</summary>
public sealed class ConcisenessReward : IReward, IStateful
{
    private long sum;
    private long count;

    /// <inheritdoc/>
    public string Name => "conciseness";

    /// <summary>The running mean; NaN before the first response.</summary>
    public double Mean => (double)sum / count;

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        sum += rollouts.Sum(rollout => (long)rollout.OwnTokens);
        count += rollouts.Count;
        return new RewardScores([.. rollouts.Select(rollout => (double?)(rollout.OwnTokens < Mean ? 1 : 0))]);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(sum), ref sum);
        state.Value(nameof(count), ref count);
    }
}

/// <summary>1 for a response that states an answer and shows steps: two or more enumerators or bullets, or two or more ordinal words.</summary>
public sealed partial class ClarityReward : IReward
{
    /// <inheritdoc/>
    public string Name => "clarity";

    /// <summary>Whether a text has a non-empty boxed answer.</summary>
    public static bool HasBox(string text) => Box().IsMatch(text);

    /// <summary>Whether a text shows steps.</summary>
    public static bool HasSteps(string text) => Enumerators().Count(text) >= 2 || Ordinals().Count(text) >= 2;

    /// <summary>An answer is boxed, or stands as the task's own checker asks for it.</summary>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context) => new([.. rollouts.Select(rollout =>
        (double?)((HasBox(rollout.Text) || (rollout.Prompt.Target is TextItem item && item.Check(rollout.Text).Format > 0)) && HasSteps(rollout.Text) ? 1 : 0))]);

    [GeneratedRegex(@"\\boxed\{\s*[^\s}]")]
    private static partial Regex Box();

    [GeneratedRegex(@"(?<!\w)(?:step\s+\d+|\d+|[a-z]|[ivxlcdm]+)[).:\-](?!\d)|^[ \t]*[*\-+\u2022](?=\s)", RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Enumerators();

    [GeneratedRegex(@"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|next|then)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Ordinals();
}
