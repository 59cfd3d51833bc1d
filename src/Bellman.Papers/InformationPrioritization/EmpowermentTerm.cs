using Bellman.Algorithms;
using Bellman.Neural;
using TorchSharp;
using static TorchSharp.torch;

namespace Bellman.Papers.InformationPrioritization;

/// <summary>
/// -λ E log q(a_{t-1} | z_{t-1}, z_t): latents must tell what was done between them. λ is the multiplier of the constraint that the
/// empowerment bound E[log q - log π] reaches its target.
/// </summary>
public sealed class EmpowermentTerm : IWorldModelTerm
{
    private readonly InfoPowerOptions options;
    private readonly ConstraintMultiplier multiplier;
    private InverseModel? inverse;

    /// <summary>A term with its multiplier at the start.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public EmpowermentTerm(InfoPowerOptions options)
    {
        this.options = OptionSet.Validated(options, "InfoPower");
        multiplier = new ConstraintMultiplier(options.Target, options.Multiplier, options.MultiplierStepSize, options.MaximumMultiplier);
    }

    /// <summary>λ.</summary>
    public double Multiplier => multiplier.Value;

    /// <summary>Whether the constraint asks for more than there is.</summary>
    public bool IsInfeasible => multiplier.IsStuck;

    /// <summary>The inverse model; there is one once the term belongs to a model.</summary>
    public InverseModel Inverse => inverse ?? throw new InvalidOperationException("The term belongs to no model yet.");

    /// <inheritdoc/>
    public IEnumerable<NetworkPart> Parts(WorldModelShape shape) => [InverseModel.Part(shape.Options.Stochastic, shape.Actions, options.InverseHidden)];

    /// <inheritdoc/>
    public void Bind(WorldModel model) => inverse = new InverseModel(model.Parameters, model.Shape.Options.Stochastic, model.Shape.Actions, options.InverseHidden);

    /// <inheritdoc/>
    public Tensor Loss(WorldModelPass pass, IMetricSink metrics)
    {
        var (density, estimate) = Estimate(pass);
        metrics.Add("infopower/empowerment", estimate);
        metrics.Add("infopower/multiplier", multiplier.Value);
        if (multiplier.IsStuck) { metrics.Add("infopower/infeasible", 1); }
        var loss = -multiplier.Value * density;
        multiplier.Update(estimate);
        return loss;
    }

    /// <summary>The mean of log q over the pairs of a pass that follow one another, and the bound E[log q - log π].</summary>
    public (Tensor LogDensity, double Bound) Estimate(WorldModelPass pass)
    {
        var (density, pairs) = PairDensities(pass);
        var mean = (density * pairs).sum() / pairs.sum().clamp_min(1);
        var behaviour = TensorParameters.Of(pass.Batch.LogProbabilities, pass.Batch.Size, pass.Batch.Length).narrow(1, 1, pass.Batch.Length - 1);
        var constant = (behaviour * pairs).sum() / pairs.sum().clamp_min(1);
        return (mean, mean.ToSingle() - constant.ToSingle());
    }

    /// <summary>log q of each pair [B, L - 1], and 1 where the pair is one: where no episode begins between its two steps.</summary>
    public (Tensor LogDensity, Tensor Pairs) PairDensities(WorldModelPass pass)
    {
        var (z, length) = (pass.State.Stochastic, pass.Batch.Length - 1);
        return (Inverse.LogDensity(pass.Actions.narrow(1, 1, length), z.narrow(1, 0, length), z.narrow(1, 1, length)), pass.Keep.narrow(1, 1, length).squeeze(-1));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Part(nameof(multiplier), multiplier);

    /// <inheritdoc/>
    public void Dispose() { }
}

/// <summary>
/// w (log q(a | z, z') - log π(a | s)) for an imagined step, w annealed to zero over half of training. The imagined z' has seen the action through the
/// prior; here that is no leak: it measures how well the model tells the outcomes of actions apart. The inverse model does not learn from it.
/// </summary>
public sealed class EmpowermentReward(EmpowermentTerm term, double weight, long totalSteps) : IImaginedReward
{
    private double now;

    /// <inheritdoc/>
    public Tensor Reward(LatentState from, Tensor action, Tensor logProbability, LatentState to) =>
        now * (term.Inverse.LogDensity(action, from.Stochastic, to.Stochastic) - logProbability);

    /// <inheritdoc/>
    public void At(long steps) => now = weight * Math.Max(0, 1 - 2.0 * steps / totalSteps);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(now), ref now);
}
