using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Draws among discrete actions by a network's logits; without a stream, the most probable one.</summary>
public sealed class CategoricalPolicy(EncodedNetwork actor) : IDescribedPolicy
{
    /// <inheritdoc/>
    public PolicyDescription Describe() => actor.Describe(new Discrete(actor.Outputs), new ChoiceReadout([actor.Outputs]));

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        var logits = actor.Forward(observations, count);
        for (var i = 0; i < count; i++)
        {
            var row = logits.Slice(i * actor.Outputs, actor.Outputs);
            actions[i] = random is null ? Categorical.Mode(row) : Categorical.Sample(row, random);
        }
    }
}
