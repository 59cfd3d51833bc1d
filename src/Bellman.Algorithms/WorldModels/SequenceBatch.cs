using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>
/// Sequences [batch, length] drawn for a world model. a[t] is the action that led to o[t], r[t] the reward that came with it; where an
/// episode begins both are zero, and the model forgets what was before.
/// </summary>
public sealed class SequenceBatch
{
    /// <summary>Room for <paramref name="size"/> sequences of <paramref name="length"/> steps.</summary>
    /// <exception cref="UsageException">A sequence has fewer than two steps.</exception>
    public SequenceBatch(int size, int length, int observationSize, int actionSize)
    {
        if (length < 2) { throw new UsageException($"Sequences of {length} steps have no transition; a world model needs at least 2."); }
        (Size, Length, ObservationSize, ActionSize) = (size, length, observationSize, actionSize);
        Observations = new float[size * length * observationSize];
        Actions = new float[size * length * actionSize];
        Rewards = new float[size * length];
        Terminated = new float[size * length];
        Begins = new float[size * length];
        LogProbabilities = new float[size * length];
    }

    /// <summary>Sequences, B.</summary>
    public int Size { get; }

    /// <summary>Steps of each, L.</summary>
    public int Length { get; }

    /// <summary>Numbers of an encoded observation.</summary>
    public int ObservationSize { get; }

    /// <summary>Components of an action.</summary>
    public int ActionSize { get; }

    /// <summary>[B, L, observation size].</summary>
    public float[] Observations { get; }

    /// <summary>[B, L, action size], in [-1, 1].</summary>
    public float[] Actions { get; }

    /// <summary>[B, L].</summary>
    public float[] Rewards { get; }

    /// <summary>[B, L]: 1 where the task ended with this observation.</summary>
    public float[] Terminated { get; }

    /// <summary>[B, L]: 1 where an episode begins with this observation.</summary>
    public float[] Begins { get; }

    /// <summary>[B, L]: log-probability (density) with which the action was drawn.</summary>
    public float[] LogProbabilities { get; }

    /// <summary>Throws if a number is not finite.</summary>
    /// <exception cref="UsageException">One is not; the message says where.</exception>
    public void RequireFinite()
    {
        Require(Observations, ObservationSize, "observation");
        Require(Actions, ActionSize, "action");
        Require(Rewards, 1, "reward");
    }

    internal Tensor Tensor(float[] block, params long[] shape) => TensorParameters.Of(block, [Size, Length, .. shape]);

    private void Require(float[] block, int width, string what)
    {
        var bad = Array.FindIndex(block, value => !float.IsFinite(value));
        if (bad >= 0) { throw new UsageException($"The {what} of sequence {bad / width / Length}, step {bad / width % Length} is {block[bad]}. A world model learns from finite numbers only: mend the environment or leave the episode out."); }
    }
}
