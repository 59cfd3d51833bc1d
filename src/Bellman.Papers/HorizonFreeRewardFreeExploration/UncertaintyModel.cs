using Bellman.Algorithms.Linear;
using Bellman.Environments.Linear;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>What follows from a policy, a parameter and a reward.</summary>
/// <param name="Policy">[step][state].</param>
/// <param name="Parameter">theta, [d].</param>
/// <param name="Values">V_h, [step + 1][state]; the last is zero.</param>
/// <param name="Uncertainties">The truncated uncertainty value of each step, likewise.</param>
public sealed record ExplorationPlan(int[][] Policy, double[] Parameter, double[][] Values, double[][] Uncertainties)
{
    /// <summary>The truncated uncertainty of the whole episode from a state: what exploration maximises.</summary>
    public double UncertaintyFrom(int state) => Uncertainties[0][state];
}

/// <summary>
/// The recursions over values and uncertainties at the start of an episode, with what is known then:
/// V_h(s) = [ r + phi_V . theta ] clipped to [0, 1];  u_h = min(1, beta ||phi_V||);
/// U_h(s) = min(1, u_h + 2 beta ||phi_U|| + phi_U . theta), V and U those of step h + 1.
/// </summary>
public sealed class UncertaintyModel
{
    private readonly LinearMixtureModel model;
    private readonly double beta;
    private readonly double[] valueInverse;
    private readonly double[] uncertaintyInverse;
    private readonly bool truncate;

    /// <summary>The model of an episode.</summary>
    /// <param name="model">The base kernels.</param>
    /// <param name="horizon">Steps, H.</param>
    /// <param name="beta">Confidence radius.</param>
    /// <param name="valueInverse">Sigma^-1 of the pseudo-value's first moment, [d x d].</param>
    /// <param name="uncertaintyInverse">Sigma^-1 of the uncertainty value's first moment, [d x d].</param>
    /// <param name="truncate">Whether uncertainties are cut off at 1.</param>
    public UncertaintyModel(LinearMixtureModel model, int horizon, double beta, double[] valueInverse, double[] uncertaintyInverse, bool truncate = true)
    {
        (this.model, Horizon, this.beta) = (model, horizon, beta);
        (this.valueInverse, this.uncertaintyInverse, this.truncate) = (valueInverse, uncertaintyInverse, truncate);
    }

    /// <summary>Steps, H.</summary>
    public int Horizon { get; }

    /// <summary>The base kernels.</summary>
    public LinearMixtureModel Model => model;

    /// <summary>The recursions along a given policy.</summary>
    public ExplorationPlan Follow(int[][] policy, double[] parameter, Func<int, int, int, double> reward) =>
        Recurse(parameter, reward, (step, state, values, uncertainty) => (policy[step][state], Uncertainty(state, policy[step][state], parameter, values, uncertainty)));

    /// <summary>The policy that maximises the uncertainty step by step from the end, with the recursions along it.</summary>
    /// <param name="parameter">theta.</param>
    /// <param name="reward">r(step, state, action).</param>
    /// <param name="ties">Breaks ties at random, which is part of the method: early on everything is cut off at 1. Null takes the first action.</param>
    public ExplorationPlan Maximise(double[] parameter, Func<int, int, int, double> reward, RandomStream? ties) =>
        Recurse(parameter, reward, (_, state, values, uncertainty) =>
        {
            var (best, bestScore, bestUncertainty) = (0, double.NegativeInfinity, 0.0);
            for (var action = 0; action < model.ActionCount; action++)
            {
                var found = Uncertainty(state, action, parameter, values, uncertainty);
                var score = found + (ties is null ? 0 : 1e-9 * ties.NextDouble());
                if (score > bestScore) { (best, bestScore, bestUncertainty) = (action, score, found); }
            }
            return (best, bestUncertainty);
        });

    private ExplorationPlan Recurse(double[] parameter, Func<int, int, int, double> reward, Func<int, int, double[], double[], (int Action, double Uncertainty)> choose)
    {
        var (values, uncertainties, policy) = (new double[Horizon + 1][], new double[Horizon + 1][], new int[Horizon][]);
        (values[Horizon], uncertainties[Horizon]) = (new double[model.StateCount], new double[model.StateCount]);
        var features = new double[model.Dimension];
        for (var step = Horizon - 1; step >= 0; step--)
        {
            (values[step], uncertainties[step], policy[step]) = (new double[model.StateCount], new double[model.StateCount], new int[model.StateCount]);
            for (var state = 0; state < model.StateCount; state++)
            {
                var (action, uncertainty) = choose(step, state, values[step + 1], uncertainties[step + 1]);
                model.Features(state, action, values[step + 1], features);
                policy[step][state] = action;
                values[step][state] = Math.Clamp(reward(step, state, action) + WeightedRidge.Dot(features, parameter), 0, 1);
                uncertainties[step][state] = uncertainty;
            }
        }
        return new ExplorationPlan(policy, parameter, values, uncertainties);
    }

    private double Uncertainty(int state, int action, double[] parameter, double[] values, double[] uncertainties)
    {
        Span<double> features = stackalloc double[model.Dimension];
        model.Features(state, action, values, features);
        var own = beta * WeightedRidge.Norm(valueInverse, features);
        model.Features(state, action, uncertainties, features);
        var ahead = 2 * beta * WeightedRidge.Norm(uncertaintyInverse, features) + WeightedRidge.Dot(features, parameter);
        return Math.Max(0, truncate ? Math.Min(1, Math.Min(1, own) + ahead) : own + ahead);
    }
}
