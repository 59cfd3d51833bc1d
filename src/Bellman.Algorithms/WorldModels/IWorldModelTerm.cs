using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>What a term of a world model is made for.</summary>
/// <param name="Observations">The space of observations; encoded ones are its flattened form.</param>
/// <param name="Actions">Components of an action.</param>
/// <param name="Options">The model's options.</param>
public sealed record WorldModelShape(Space Observations, int Actions, WorldModelOptions Options)
{
    /// <summary>Numbers of a state, h and z.</summary>
    public int Features => Options.Deterministic + Options.Stochastic;
}

/// <summary>One pass of a world model over a batch: everything that a term may speak of, [B, L, ...].</summary>
/// <param name="Batch">The batch itself.</param>
/// <param name="Observations">[B, L, observation size].</param>
/// <param name="Actions">[B, L, actions].</param>
/// <param name="Keep">[B, L, 1]: 1 where a step continues the one before it in the batch.</param>
/// <param name="Prior">What was expected.</param>
/// <param name="Posterior">What was seen.</param>
/// <param name="State">Sampled states.</param>
/// <param name="Divergence">[B, L]: KL(posterior || prior).</param>
public sealed record WorldModelPass(
    SequenceBatch Batch, Tensor Observations, Tensor Actions, Tensor Keep, LatentGaussian Prior, LatentGaussian Posterior, LatentState State, Tensor Divergence);

/// <summary>
/// A term of a world model's loss, with parameters of its own in the model's buffer. Reconstruction, contrast, reward and continuation are terms;
/// add yours to give the latent state another purpose.
/// </summary>
public interface IWorldModelTerm : IStateful, IDisposable
{
    /// <summary>The parameters that it needs.</summary>
    IEnumerable<NetworkPart> Parts(WorldModelShape shape);

    /// <summary>Hears of the model, whose parameters exist now.</summary>
    void Bind(WorldModel model);

    /// <summary>The scalar to be added to the loss.</summary>
    Tensor Loss(WorldModelPass pass, IMetricSink metrics);

    /// <summary>Called after each step of the model's optimiser.</summary>
    void Updated() { }
}
