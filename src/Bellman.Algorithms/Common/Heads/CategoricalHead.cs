using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>One or several independent choices (Discrete, MultiDiscrete, MultiBinary): a row of logits each.</summary>
internal sealed class CategoricalHead(int[] counts) : ActionHead
{
    private readonly float[] logProbabilities = new float[counts.Max()];

    // Of the rows scored last.
    private float[] scoredLogs = [];
    private float[] scoredProbabilities = [];
    private float[] scoredEntropies = [];

    public override int Outputs { get; } = counts.Sum();

    public override int ActionSize => counts.Length;

    public override PolicyReadout Readout => new ChoiceReadout(counts);

    public override void Act(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream? random, Span<float> action)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            var logits = outputs[..counts[i]];
            action[i] = random is null ? Categorical.Mode(logits) : Categorical.Sample(logits, random);
            outputs = outputs[counts[i]..];
        }
    }

    public override float LogProbability(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action)
    {
        var sum = 0f;
        for (var i = 0; i < counts.Length; i++)
        {
            sum += Categorical.LogProbability(outputs[..counts[i]], (int)action[i]);
            outputs = outputs[counts[i]..];
        }
        return sum;
    }

    public override float Entropy(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free)
    {
        var sum = 0f;
        foreach (var count in counts)
        {
            sum += Categorical.Entropy(outputs[..count]);
            outputs = outputs[count..];
        }
        return sum;
    }

    public override void AddGradient(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> outputGradient, Span<float> freeGradient)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            var row = logProbabilities.AsSpan(0, counts[i]);
            Categorical.LogSoftmax(outputs[..counts[i]], row);
            Categorical.AddGradient(row, (int)action[i], logProbabilityWeight, entropyWeight, outputGradient[..counts[i]]);
            outputs = outputs[counts[i]..];
            outputGradient = outputGradient[counts[i]..];
        }
    }

    public override float ExploreAndScore(int copy, ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, RandomStream random, Span<float> action)
    {
        var sum = 0f;
        for (var i = 0; i < counts.Length; i++)
        {
            action[i] = Categorical.Sample(outputs[..counts[i]], random, out var logProbability);
            sum += logProbability;
            outputs = outputs[counts[i]..];
        }
        return sum;
    }

    public override void Score(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> actions, Span<float> logProbabilities, Span<float> entropies)
    {
        if (counts.Length > 1)
        {
            base.Score(outputs, free, actions, logProbabilities, entropies);
            return;
        }
        if (scoredEntropies.Length < entropies.Length)
        {
            (scoredLogs, scoredProbabilities, scoredEntropies) = (new float[outputs.Length], new float[outputs.Length], new float[entropies.Length]);
        }
        var logs = scoredLogs.AsSpan(0, outputs.Length);
        CategoricalRows.Distributions(outputs, logs, scoredProbabilities.AsSpan(0, outputs.Length), entropies);
        entropies.CopyTo(scoredEntropies);
        for (var i = 0; i < logProbabilities.Length; i++) { logProbabilities[i] = logs[i * Outputs + (int)actions[i]]; }
    }

    public override void AddGradients(ReadOnlySpan<float> outputs, ReadOnlySpan<float> free, ReadOnlySpan<float> actions,
        ReadOnlySpan<float> logProbabilityWeights, float entropyWeight, Span<float> outputGradients, Span<float> freeGradient)
    {
        if (counts.Length > 1)
        {
            base.AddGradients(outputs, free, actions, logProbabilityWeights, entropyWeight, outputGradients, freeGradient);
            return;
        }
        CategoricalRows.AddGradients(scoredLogs.AsSpan(0, outputs.Length), scoredProbabilities.AsSpan(0, outputs.Length), scoredEntropies.AsSpan(0, logProbabilityWeights.Length),
            actions, logProbabilityWeights, entropyWeight, outputGradients);
    }

    public override void Mask(Span<float> outputs, ReadOnlySpan<bool> available)
    {
        foreach (var count in counts)
        {
            Categorical.Mask(outputs[..count], available[..count]);
            outputs = outputs[count..];
            available = available[count..];
        }
    }

    public override void ToEnvironment(ReadOnlySpan<float> action, Span<float> element) => action.CopyTo(element);
}
