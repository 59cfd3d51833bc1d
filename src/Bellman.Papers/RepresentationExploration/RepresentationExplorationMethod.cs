using Bellman.Language;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>Adds RepExp to a post-training.</summary>
public static class RepresentationExplorationMethod
{
    /// <summary>
    /// Pays responses whose representations are new within their group. The features are those of the policy as it is when built,
    /// frozen, unless a reference is given.
    /// </summary>
    /// <example>
    /// <code>
    /// new PostTraining(model).Prompts(prompts).Reward(right).Grpo(8).AddRepresentationExploration(o => o with { Beta = 0.02 });
    /// </code>
    /// </example>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public static PostTraining AddRepresentationExploration(this PostTraining builder, Func<RepresentationExplorationOptions, RepresentationExplorationOptions>? change = null)
    {
        var options = new RepresentationExplorationOptions();
        return builder.Uses("repexp").Augment(new RepresentationBonus(change is null ? options : change(options)));
    }
}
