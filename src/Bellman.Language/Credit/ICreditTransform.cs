using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Reshapes advantages after they are assigned: token weights, sharpening, modulation, recalibration.</summary>
public interface ICreditTransform
{
    /// <summary>The name it is refused and logged by.</summary>
    string Name { get; }

    /// <summary>What the model must return about the rollouts besides log-probabilities.</summary>
    ScoreOutputs Needs => ScoreOutputs.None;

    /// <summary>New advantages [rows, tokens] in place of the old ones.</summary>
    /// <param name="advantages">[rows, tokens], without gradient.</param>
    /// <param name="batch">The rollouts with their old and reference log-probabilities and what <see cref="Needs"/> asked for, without gradient.</param>
    /// <param name="metrics">Takes what is measured.</param>
    Tensor Transform(Tensor advantages, PolicyBatch batch, IMetricSink metrics);
}
