using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Plays a decision transformer: remembers the last K steps of every copy and lowers the return it asks for by what was earned.</summary>
internal sealed class DecisionTransformerPolicy(
    INetwork network, CausalTransformerShape shape, ObservationEncoder encoder, Space observationSpace, Space actionSpace, double targetReturn, double scale) : IPolicy
{
    private readonly DecisionContext context = new(shape);
    private readonly BoundedActions? bounds = actionSpace is Discrete ? null : BoundedActions.For(actionSpace, "decision-transformer");
    private readonly float[] encoded = new float[encoder.Size];
    private float[] contexts = [];
    private float[] outputs = [];
    private double[] wanted = [];
    private int[] times = [];

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<bool> begins)
    {
        if (begins.Length != wanted.Length) { Forget(begins.Length); }
        for (var i = 0; i < begins.Length; i++)
        {
            if (begins[i]) { Forget(i, 1); }
        }
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        if (count != wanted.Length) { Forget(count); }
        for (var i = 0; i < count; i++)
        {
            var row = contexts.AsSpan(i * context.Size, context.Size);
            encoder.Encode(observations.Slice(i * observationSpace.Size, observationSpace.Size), 1, encoded);
            context.Shift(row);
            context.Write(row, shape.Context - 1, wanted[i] / scale, encoded, times[i]++);
        }
        network.Forward(contexts, count, outputs);
        for (var i = 0; i < count; i++)
        {
            var written = outputs.AsSpan((i + 1) * shape.Context * shape.Outputs - shape.Outputs, shape.Outputs);
            var remembered = context.Action(contexts.AsSpan(i * context.Size, context.Size), shape.Context - 1);
            if (bounds is null)
            {
                var choice = random is null ? Categorical.Mode(written) : Categorical.Sample(written, random);
                remembered[choice] = 1;
                actions[i] = choice;
                continue;
            }
            written.CopyTo(remembered);
            bounds.ToEnvironment(written, actions.Slice(i * bounds.Size, bounds.Size));
        }
    }

    /// <inheritdoc/>
    public void Earned(ReadOnlySpan<float> rewards)
    {
        for (var i = 0; i < wanted.Length; i++) { wanted[i] -= rewards[i]; }
    }

    private void Forget(int count)
    {
        contexts = new float[count * context.Size];
        outputs = new float[count * shape.Context * shape.Outputs];
        wanted = new double[count];
        times = new int[count];
        Forget(0, count);
    }

    private void Forget(int first, int count)
    {
        contexts.AsSpan(first * context.Size, count * context.Size).Clear();
        wanted.AsSpan(first, count).Fill(targetReturn);
        times.AsSpan(first, count).Clear();
    }
}
