namespace Bellman.Language;

/// <summary>Responses to be drawn for one prompt.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Samples">How many.</param>
/// <param name="Group">Responses with the same number are compared with each other; a number may come again in a later round.</param>
public sealed record RolloutRequest(PromptItem Prompt, int Samples, int Group)
{
    /// <summary>What the policy is conditioned on in place of the prompt's tokens: a hint, examples; null for the prompt alone.</summary>
    public int[]? Context { get; init; }

    /// <summary>Limits and temperature in place of the trainer's; null for the trainer's.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Carried to the rollouts.</summary>
    public string Tag { get; init; } = "";
}

/// <summary>What a planner sees before each round.</summary>
public sealed class PlanningState
{
    /// <summary>The step of training.</summary>
    public required long Step { get; init; }

    /// <summary>The round, from 0.</summary>
    public int Round { get; internal set; }

    /// <summary>The prompts of this step so far.</summary>
    public required IReadOnlyList<PromptItem> Prompts { get; init; }

    /// <summary>More prompts, where those so far taught nothing.</summary>
    public required Func<int, IReadOnlyList<PromptItem>> MorePrompts { get; init; }

    /// <summary>Scored rollouts of the earlier rounds.</summary>
    public List<Rollout> Rollouts { get; } = [];

    /// <summary>Earlier steps' groups.</summary>
    public required GroupHistory History { get; init; }

    /// <summary>For the planner's own draws.</summary>
    public required RandomStream Random { get; init; }

    /// <summary>Tokens drawn in this step.</summary>
    public long TokensSpent => Rollouts.Sum(rollout => (long)rollout.Tokens.Length);
}

/// <summary>
/// Decides how many rollouts each prompt gets, in which context and with which limits. It works in rounds: it sees what came
/// of a round before it plans the next, until it plans nothing more.
/// </summary>
public interface IRolloutPlanner
{
    /// <summary>The name it is refused and logged by.</summary>
    string Name { get; }

    /// <summary>Responses to a prompt at least; compared with what the credit assigner needs.</summary>
    int GroupSize { get; }

    /// <summary>The next round's requests; empty when enough was drawn.</summary>
    IReadOnlyList<RolloutRequest> Plan(PlanningState state);

    /// <summary>Which of the step's rollouts are trained on.</summary>
    IReadOnlyList<Rollout> Select(PlanningState state, IMetricSink metrics) => state.Rollouts;
}

/// <summary>The same number of responses to every prompt, in one round.</summary>
public sealed class FixedPlanner(int groupSize) : IRolloutPlanner
{
    /// <inheritdoc/>
    public string Name => "fixed";

    /// <inheritdoc/>
    public int GroupSize { get; } = groupSize >= 1 ? groupSize : throw new UsageException($"A group has at least one response, not {groupSize}.");

    /// <inheritdoc/>
    public IReadOnlyList<RolloutRequest> Plan(PlanningState state) =>
        state.Round == 0 ? [.. state.Prompts.Select((prompt, i) => new RolloutRequest(prompt, GroupSize, i))] : [];
}

/// <summary>
/// Dynamic sampling (DAPO): groups whose rewards are all equal are dropped and refilled with new prompts, for a few rounds, so that
/// every group of an update teaches something.
/// </summary>
public sealed class DynamicSamplingPlanner(int groupSize, int maximumRounds = 3) : IRolloutPlanner
{
    /// <inheritdoc/>
    public string Name => "dynamic";

    /// <inheritdoc/>
    public int GroupSize { get; } = groupSize >= 2 ? groupSize : throw new UsageException($"Dynamic sampling compares the responses to a prompt, so a group needs at least two, not {groupSize}.");

    /// <inheritdoc/>
    public IReadOnlyList<RolloutRequest> Plan(PlanningState state)
    {
        var used = state.Rollouts.Select(rollout => rollout.Group).Distinct().Count();
        var missing = state.Prompts.Count - Informative(state).Count;
        if (missing <= 0 || state.Round >= maximumRounds) { return []; }
        var prompts = state.Round == 0 ? state.Prompts : state.MorePrompts(missing);
        return [.. prompts.Select((prompt, i) => new RolloutRequest(prompt, GroupSize, used + i))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Rollout> Select(PlanningState state, IMetricSink metrics)
    {
        var groups = Informative(state);
        metrics.Add("group/dropped", state.Rollouts.Select(rollout => rollout.Group).Distinct().Count() - groups.Count);
        var kept = groups.Take(state.Prompts.Count).ToHashSet();
        return [.. state.Rollouts.Where(rollout => kept.Contains(rollout.Group))];
    }

    private static List<int> Informative(PlanningState state) => [.. state.Rollouts
        .Where(rollout => !double.IsNaN(rollout.Reward))
        .GroupBy(rollout => rollout.Group)
        .Where(group => group.Any(rollout => rollout.Reward != group.First().Reward))
        .Select(group => group.Key)];
}
