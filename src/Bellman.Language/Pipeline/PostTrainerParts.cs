namespace Bellman.Language;

/// <summary>The stages of a trainer, each decided.</summary>
internal sealed class PostTrainerParts
{
    public required string Name { get; init; }
    public required ILanguageModel Model { get; init; }
    public required ILanguageModel? Reference { get; init; }
    public required bool OwnsReference { get; init; }

    /// <summary>Whether the reference's log-probabilities are wanted; a part may need the reference itself for something else.</summary>
    public required bool ScoresReference { get; init; }
    public required IPromptSource Prompts { get; init; }
    public required ISampler Sampler { get; init; }
    public required ITokenizer? Tokenizer { get; init; }
    public required IReadOnlyList<int> EndTokens { get; init; }
    public required IRolloutPlanner Planner { get; init; }
    public required RewardMixer Mixer { get; init; }
    public required IReadOnlyList<IRewardAugmentation> Augmentations { get; init; }
    public required ICreditAssigner Credit { get; init; }
    public required IReadOnlyList<ICreditTransform> Transforms { get; init; }
    public required IPolicyObjective Objective { get; init; }
    public required TrustRegionOptions? TrustRegion { get; init; }
    public required IReadOnlyList<ILossTerm> Terms { get; init; }
    public required ICritic? Critic { get; init; }
    public required IReadOnlyList<IRolloutObserver> Observers { get; init; }
    public required PostTrainingOptions Options { get; init; }
    public required ulong Seed { get; init; }

    /// <summary>Every part with state of its own, by a name that does not depend on the values.</summary>
    public IEnumerable<(string Name, IStateful Part)> Stateful()
    {
        object?[] parts = [Sampler, Planner, .. Mixer.Rewards, .. Augmentations, Credit, .. Transforms, Objective, .. Terms, .. Observers];
        for (var i = 0; i < parts.Length; i++) { if (parts[i] is IStateful part) { yield return ($"part{i}", part); } }
    }
}

/// <summary>Sees the rollouts of every step after they are scored.</summary>
public interface IRolloutObserver
{
    /// <summary>Called once a step.</summary>
    void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics);
}
