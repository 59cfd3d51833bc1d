using Bellman.Algorithms.Linear;
using Bellman.Algorithms.Tabular;
using Bellman.Environments.Linear;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>
/// UCRL-RFE (Zhang et al. 2021), the predecessor whose bound grows with H^5: explores for the pseudo-reward
/// r_h(s,a) = min{1, (2 beta / H) max_f ||phi_f(s,a)||} over f: S -> [0, H-h], regresses the maximising f without weights, and plans with
/// a bonus. The maximum is not convex; it is searched over f in {0, H-h}^S by coordinate ascent from random starts.
/// </summary>
public sealed class UcrlRfeAgent
{
    private const int Starts = 32;

    private readonly LinearMixtureModel model;
    private readonly int horizon;
    private readonly double radius;
    private readonly RandomStream searchStream;
    private readonly RandomStream environmentStream;
    private readonly WeightedRidge ridge;

    /// <summary>An agent that has seen nothing.</summary>
    /// <param name="model">The base kernels.</param>
    /// <param name="horizon">Steps of an episode, H.</param>
    /// <param name="options">Bound and radius; with the theory's radius beta = H sqrt(d log(3 (1 + K H^3 B^2) / delta)) + 1.</param>
    /// <param name="random">The stream of environment and search.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public UcrlRfeAgent(LinearMixtureModel model, int horizon, HorizonFreeOptions options, RandomStream random)
    {
        if (horizon < 1) { throw new UsageException($"The horizon is {horizon}; an episode needs 1 step or more."); }
        options = OptionSet.Validated(options, "UCRL-RFE");
        (this.model, this.horizon) = (model, horizon);
        var (h, b) = ((double)horizon, options.Bound);
        radius = options.RadiusMode == RadiusMode.Fixed ? options.Radius
            : h * Math.Sqrt(model.Dimension * Math.Log(3 * (1 + options.Episodes * h * h * h * b * b) / options.FailureProbability)) + 1;
        searchStream = random.Child("search");
        environmentStream = random.Child("environment");
        ridge = new WeightedRidge(model.Dimension, 1 / (b * b));
    }

    /// <summary>The estimate of the true parameter, [d].</summary>
    public double[] Estimate => ridge.Estimate();

    /// <summary>Explores one episode and returns the states it passed.</summary>
    public IReadOnlyList<int> ExploreEpisode(IEnvironment environment)
    {
        ridge.Refresh();
        var (functions, norms) = MostUncertain();
        var policy = Maximise(Estimate, (step, state, action) => Math.Min(1, 2 * radius / horizon * (horizon - 1 - step) * norms[state * model.ActionCount + action]), bonus: false, searchStream);
        var (observation, action, features) = (new float[1], new float[1], new double[model.Dimension]);
        environment.Reset(environmentStream, observation);
        var passed = new List<int> { (int)observation[0] };
        for (var step = 0; step < horizon; step++)
        {
            var state = passed[^1];
            action[0] = policy[step][state];
            environment.Step(action, environmentStream, observation);
            passed.Add((int)observation[0]);
            double[] pseudo = [.. functions[state * model.ActionCount + (int)action[0]].Select(value => value * (horizon - 1 - step))];
            model.Features(state, (int)action[0], pseudo, features);
            ridge.Add(features, pseudo[passed[^1]]);
        }
        return passed;
    }

    /// <summary>The policy for a reward, planned with the bonus beta ||phi_V|| and values clipped to [0, H].</summary>
    public int[][] Plan(StepReward reward)
    {
        ridge.Refresh();
        return Maximise(Estimate, (step, state, action) => reward[step, state, action], bonus: true, null);
    }

    private int[][] Maximise(double[] parameter, Func<int, int, int, double> reward, bool bonus, RandomStream? ties)
    {
        var policy = new int[horizon][];
        var (following, features) = (new double[model.StateCount], new double[model.Dimension]);
        for (var step = horizon - 1; step >= 0; step--)
        {
            (policy[step], var current) = (new int[model.StateCount], new double[model.StateCount]);
            for (var state = 0; state < model.StateCount; state++)
            {
                var best = double.NegativeInfinity;
                for (var action = 0; action < model.ActionCount; action++)
                {
                    model.Features(state, action, following, features);
                    var value = Math.Clamp(reward(step, state, action) + WeightedRidge.Dot(features, parameter) + (bonus ? radius * ridge.InverseNorm(features) : 0), 0, horizon);
                    var score = value + (ties is null ? 0 : 1e-9 * ties.NextDouble());
                    if (score > best) { (best, policy[step][state], current[state]) = (score, action, value); }
                }
            }
            following = current;
        }
        return policy;
    }

    /// <summary>For each pair the f in {0, 1}^S of largest ||phi_f||, and that norm.</summary>
    private (double[][] Functions, double[] Norms) MostUncertain()
    {
        var pairs = model.StateCount * model.ActionCount;
        var (functions, norms, features) = (new double[pairs][], new double[pairs], new double[model.Dimension]);
        for (var pair = 0; pair < pairs; pair++)
        {
            functions[pair] = new double[model.StateCount];
            for (var start = 0; start < Starts; start++)
            {
                double[] f = [.. Enumerable.Range(0, model.StateCount).Select(_ => searchStream.NextBoolean() ? 1.0 : 0.0)];
                var norm = Ascend(pair, f, features);
                if (norm > norms[pair]) { (norms[pair], functions[pair]) = (norm, f); }
            }
        }
        return (functions, norms);
    }

    private double Ascend(int pair, double[] f, double[] features)
    {
        var best = Norm();
        for (var improved = true; improved;)
        {
            improved = false;
            for (var state = 0; state < f.Length; state++)
            {
                f[state] = 1 - f[state];
                var norm = Norm();
                if (norm > best + 1e-12) { (best, improved) = (norm, true); }
                else { f[state] = 1 - f[state]; }
            }
        }
        return best;

        double Norm()
        {
            model.Features(pair / model.ActionCount, pair % model.ActionCount, f, features);
            return ridge.InverseNorm(features);
        }
    }
}
