namespace Bellman.Algorithms;

/// <summary>
/// Takes the action that most members of an ensemble find best, the lowest index on ties; with a stream, the best action
/// of a member drawn for each decision.
/// </summary>
internal sealed class VotingPolicy(ObservationEncoder encoder, PriorEnsemble ensemble, Space observationSpace) : IPolicy
{
    private float[] encoded = [];
    private float[] values = [];
    private int[] choices = [];
    private readonly float[] votes = new float[ensemble.Actions];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        if (observations.Length < count * observationSpace.Size)
        {
            throw new ArgumentException($"{count} observations of {observationSpace} are {count * observationSpace.Size} numbers; got {observations.Length}.", nameof(observations));
        }
        Choose(observations, count);
        for (var i = 0; i < count; i++)
        {
            if (random is not null)
            {
                actions[i] = choices[random.NextInt32(ensemble.Members) * count + i];
                continue;
            }
            Array.Clear(votes);
            for (var member = 0; member < ensemble.Members; member++) { votes[choices[member * count + i]]++; }
            actions[i] = TemporalDifference.ArgMax(votes);
        }
    }

    /// <summary>Every member's best action, [members, count].</summary>
    private void Choose(ReadOnlySpan<float> observations, int count)
    {
        if (encoded.Length < count * encoder.Size)
        {
            encoded = new float[count * encoder.Size];
            values = new float[count * ensemble.Actions];
            choices = new int[count * ensemble.Members];
        }
        encoder.Encode(observations, count, encoded);
        for (var member = 0; member < ensemble.Members; member++)
        {
            var rows = values.AsSpan(0, count * ensemble.Actions);
            ensemble.Values(member, encoded.AsSpan(0, count * encoder.Size), count, rows);
            for (var i = 0; i < count; i++) { choices[member * count + i] = TemporalDifference.ArgMax(rows.Slice(i * ensemble.Actions, ensemble.Actions)); }
        }
    }
}
