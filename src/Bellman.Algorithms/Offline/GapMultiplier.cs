using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// What conservative Q-learning's gap is weighed with: α, or in its Lagrange form α' α with an α' that rises while the gap is above τ and falls below
/// (Kumar et al. 2020, eq. 30 of the appendix).
/// </summary>
internal sealed class GapMultiplier : IStateful, IDisposable
{
    private const string Name = "logMultiplier";
    private const double Largest = 1e6;

    private readonly double weight;
    private readonly double? target;
    private readonly NetworkGroup? parameter;
    private readonly Adam? optimizer;

    /// <summary>A weight, learned where a target is given.</summary>
    /// <param name="weight">α.</param>
    /// <param name="target">τ; null keeps α' at 1.</param>
    /// <param name="learningRate">Step size of log α'.</param>
    public GapMultiplier(double weight, double? target, double learningRate)
    {
        (this.weight, this.target) = (weight, target);
        if (target is null) { return; }
        parameter = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), new VectorPart(Name, 1, 0));
        optimizer = new Adam(parameter.Parameters, new AdamOptions { LearningRate = learningRate });
    }

    /// <summary>α', 1 where it is not learned.</summary>
    public double Multiplier => parameter is null ? 1 : Math.Min(Math.Exp(parameter.Parameters.Values[0]), Largest);

    /// <summary>α' α: the derivative of the loss with respect to the gap.</summary>
    public double Weight => Multiplier * weight;

    /// <summary>Tells of the gap, and lets α' climb α' α (gap - τ).</summary>
    public void Update(double gap, IMetricSink metrics)
    {
        metrics.Add("train/conservative_gap", gap);
        if (parameter is null || optimizer is null || target is not { } threshold) { return; }
        metrics.Add("train/gap_multiplier", Multiplier);
        parameter.Parameters.Gradients[0] = Multiplier < Largest || gap < threshold ? (float)-OfflineLoss.Lagrange(Multiplier, weight, gap, threshold) : 0;
        optimizer.Step();
    }

    /// <summary>In the scope of its owner.</summary>
    public void Exchange(StateExchange state)
    {
        if (parameter is null || optimizer is null) { return; }
        state.Part("gapMultiplier", parameter);
        state.Part("gapOptimizer", optimizer);
    }

    /// <inheritdoc/>
    public void Dispose() => parameter?.Dispose();
}
