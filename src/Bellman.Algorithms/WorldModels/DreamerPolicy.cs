using System.Runtime.InteropServices;
using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>Acts by the latent state that it infers from what it has seen and done in each copy's episode.</summary>
public sealed class DreamerPolicy(ObservationEncoder encoder, WorldModel model, ImaginedBehaviour behaviour, BoundedActions bounds) : IPolicy, IStateful
{
    private readonly int deterministic = model.Shape.Options.Deterministic;
    private readonly int stochastic = model.Shape.Options.Stochastic;
    private int copies;
    // [copies, ...]: h, z and the action last taken.
    private float[] h = [];
    private float[] z = [];
    private float[] last = [];
    private float[] encoded = [];

    /// <inheritdoc/>
    public void Begin(ReadOnlySpan<bool> begins)
    {
        Grow(begins.Length);
        for (var row = 0; row < begins.Length; row++)
        {
            if (!begins[row]) { continue; }
            h.AsSpan(row * deterministic, deterministic).Clear();
            z.AsSpan(row * stochastic, stochastic).Clear();
            last.AsSpan(row * bounds.Size, bounds.Size).Clear();
        }
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        See(observations, count, random, sample: true);
        for (var row = 0; row < count; row++) { bounds.ToEnvironment(last.AsSpan(row * bounds.Size, bounds.Size), actions.Slice(row * bounds.Size, bounds.Size)); }
    }

    /// <summary>[copies, size]: the actions last taken, in [-1, 1]; whoever takes others writes them here.</summary>
    internal Span<float> Last => last;

    /// <summary>Takes in observations and chooses actions, in [-1, 1].</summary>
    internal void See(ReadOnlySpan<float> observations, int count, RandomStream? random, bool sample)
    {
        Grow(count);
        encoder.Encode(observations, count, encoded);
        using var turn = TorchTurn.Take();
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var embedding = model.Embed(TensorParameters.Of(encoded.AsSpan(0, count * encoder.Size).ToArray(), count, encoder.Size));
        var before = new LatentState(TensorParameters.Of(h.AsSpan(0, count * deterministic).ToArray(), count, deterministic), TensorParameters.Of(z.AsSpan(0, count * stochastic).ToArray(), count, stochastic));
        var state = model.Dynamics.See(before, TensorParameters.Of(last.AsSpan(0, count * bounds.Size).ToArray(), count, bounds.Size), embedding, random is null ? null : TensorParameters.Noise(random, count, stochastic));
        var (action, _) = behaviour.Act(state.Features, random is null || !sample ? null : TensorParameters.Noise(random, count, bounds.Size));
        Copy(state.Deterministic, h);
        Copy(state.Stochastic, z);
        Copy(action, last);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<float>(nameof(h), h);
        state.Array<float>(nameof(z), z);
        state.Array<float>(nameof(last), last);
    }

    /// <summary>Makes room for this many copies.</summary>
    internal void Grow(int count)
    {
        if (count <= copies) { return; }
        copies = count;
        Array.Resize(ref h, count * deterministic);
        Array.Resize(ref z, count * stochastic);
        Array.Resize(ref last, count * bounds.Size);
        Array.Resize(ref encoded, count * encoder.Size);
    }

    private static void Copy(Tensor from, Span<float> to) => MemoryMarshal.Cast<byte, float>(from.contiguous().bytes).CopyTo(to);
}
