using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The policy-gradient surrogate: a loss for each token, and how they become one number.</summary>
public interface IPolicyObjective
{
    /// <summary>The key in the registry, e.g. <c>loss.ppo</c>.</summary>
    string Name { get; }

    /// <summary>How the token losses are reduced.</summary>
    Reduction Reduction { get; }

    /// <summary>What the model must return besides log-probabilities.</summary>
    ScoreOutputs Needs => ScoreOutputs.None;

    /// <summary>q [rows, tokens]; what lies outside the mask is not looked at.</summary>
    /// <param name="batch">The mini-batch.</param>
    /// <param name="metrics">Takes what the objective measures, e.g. <c>policy/clip_fraction</c>.</param>
    Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics);

    /// <summary>The reduced loss.</summary>
    Tensor Loss(PolicyBatch batch, IMetricSink metrics) =>
        Reductions.Apply(Reduction, TokenLosses(batch, metrics), batch.Mask, batch.MaximumTokens, metrics);
}

/// <summary>Something added to the objective: a divergence, a bonus, a supervised term.</summary>
public interface ILossTerm
{
    /// <summary>The key in the registry, e.g. <c>term.kl</c>.</summary>
    string Name { get; }

    /// <summary>Whether a frozen reference's log-probabilities are needed.</summary>
    bool NeedsReference => false;

    /// <summary>What the model must return besides log-probabilities.</summary>
    ScoreOutputs Needs => ScoreOutputs.None;

    /// <summary>A scalar, its coefficient included.</summary>
    Tensor Loss(PolicyBatch batch, IMetricSink metrics);
}

/// <summary>Measurements that nobody keeps.</summary>
internal sealed class NoMetrics : IMetricSink
{
    public static NoMetrics Instance { get; } = new();

    public void Add(string name, double value) { }

    public void Episode(double episodeReturn, int length) { }
}
