using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What tells soft actor-critics with ensembles of critics apart.</summary>
/// <param name="Critics">N, at least 1.</param>
/// <param name="Aggregator">Makes one value of N, in the target and in the actor's loss; null for the minimum of all.</param>
/// <param name="Diversity">η, weight of <see cref="CriticDiversity"/> beside the critics' summed squared errors; 0 skips it.</param>
/// <param name="ActorFirst">Updates temperature, actor, critics, targets in this order; otherwise critics, actor, temperature, targets.</param>
/// <param name="SmallHeads">Hidden biases start at 0.1, last layers within ±0.003 (critics) and ±0.001 (actor), as in EDAC's code; otherwise like torch's linear layers.</param>
public sealed record CriticRules(int Critics = 2, ITargetAggregator? Aggregator = null, double Diversity = 0, bool ActorFirst = false, bool SmallHeads = false)
{
    private const float HiddenBias = 0.1f;
    private const float CriticRange = 3e-3f;
    private const float ActorRange = 1e-3f;

    /// <summary>The critics' networks with the weights that they start from.</summary>
    internal MlpSpecification OfCritic(MlpSpecification mlp) => SmallHeads ? mlp with { HiddenBias = HiddenBias, OutputRange = CriticRange } : mlp;

    /// <summary>The actor's network with the weights that it starts from.</summary>
    internal MlpSpecification OfActor(MlpSpecification mlp) => SmallHeads ? mlp with { HiddenBias = HiddenBias, OutputRange = ActorRange } : mlp;

    /// <summary>Two critics and their minimum.</summary>
    public static CriticRules Twin { get; } = new();

    /// <summary>Returns the rules if they can be followed.</summary>
    /// <exception cref="UsageException">There is no critic, or one has to differ from itself.</exception>
    public CriticRules Validated()
    {
        if (Critics < 1) { throw new UsageException($"There are {Critics} critics; an actor-critic needs 1 or more."); }
        if (!(Diversity >= 0) || !double.IsFinite(Diversity)) { throw new UsageException($"The weight of diversity is {Diversity}; it must be a number from 0 up."); }
        if (Diversity > 0 && Critics < 2) { throw new UsageException($"Diversity {Diversity} compares critics, and there is {Critics}: its mean over pairs would be divided by zero. Take 2 critics or more, or diversity 0."); }
        return this;
    }
}
