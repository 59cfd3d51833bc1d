namespace Bellman.Algorithms;

/// <summary>A stochastic policy: an encoder, the networks and the head that reads their outputs. It keeps the memory of the episodes it plays.</summary>
public sealed class ActorCriticPolicy(ObservationEncoder encoder, ActorCritic model, Space observationSpace, Space actionSpace) : IMaskedPolicy, IDescribedPolicy
{
    private readonly ActionHead head = model.Head;
    private readonly float[] action = new float[model.Head.ActionSize];
    private float[] encoded = [];
    private float[] outputs = [];
    private PolicyMemory memory = new(0, model.MemorySizes);

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<bool> begins)
    {
        if (memory.Copies < begins.Length) { memory = new PolicyMemory(begins.Length, model.MemorySizes); }
        memory.Forget(begins);
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random) => Act(observations, [], count, actions, random);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, ReadOnlySpan<bool> available, int count, Span<float> actions, RandomStream? random)
    {
        if (observations.Length < count * observationSpace.Size)
        {
            throw new ArgumentException($"{count} observations of {observationSpace} are {count * observationSpace.Size} numbers; got {observations.Length}.", nameof(observations));
        }
        if (encoded.Length < count * encoder.Size)
        {
            encoded = new float[count * encoder.Size];
            outputs = new float[count * head.Outputs];
        }
        if (memory.Copies < count) { memory = new PolicyMemory(count, model.MemorySizes); }
        encoder.Encode(observations, count, encoded);
        model.Step(encoded.AsSpan(0, count * encoder.Size), count, memory, outputs.AsSpan(0, count * head.Outputs), default);
        for (var i = 0; i < count; i++)
        {
            var row = outputs.AsSpan(i * head.Outputs, head.Outputs);
            if (!available.IsEmpty) { head.Mask(row, available.Slice(i * head.Outputs, head.Outputs)); }
            head.Act(row, model.Free, random, action);
            head.ToEnvironment(action, actions.Slice(i * actionSpace.Size, actionSpace.Size));
        }
    }

    /// <inheritdoc/>
    public PolicyDescription Describe() => model.IsRecurrent
        ? throw new UsageException("A recurrent policy cannot be exported: what it remembers would have to travel with every call. Train one without recurrence.")
        : new PolicyDescription(encoder, model.PolicyNetworks, actionSpace, head.Readout);
}
