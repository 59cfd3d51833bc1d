using Bellman.Algorithms.Linear;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>What an oracle may choose from at the start of an episode.</summary>
/// <param name="Model">The recursions.</param>
/// <param name="Centre">The regression's parameter, [d].</param>
/// <param name="CentreInverse">Its Sigma^-1, [d x d].</param>
/// <param name="Radius">Confidence radius.</param>
/// <param name="IsConfident">Whether a parameter lies in every remembered ellipsoid.</param>
public sealed record ExplorationQuestion(UncertaintyModel Model, double[] Centre, double[] CentreInverse, double Radius, Func<double[], bool> IsConfident);

/// <summary>Finds the policy, parameter and reward whose truncated uncertainty is largest: the oracle that the paper assumes.</summary>
public interface IExplorationOracle
{
    /// <summary>The plan of an episode.</summary>
    ExplorationPlan Choose(ExplorationQuestion question, RandomStream random);
}

/// <summary>Draws candidates of reward and parameter.</summary>
internal static class Candidates
{
    private const int Halvings = 5;

    /// <summary>
    /// Members of the rewards whose sum is at most 1, extreme ones, where a convex objective is largest: for a random set of states
    /// payment at the last step, a share at every step, or payment at one random step.
    /// </summary>
    public static Func<int, int, int, double> Reward(int index, int horizon, int states, RandomStream random)
    {
        bool[] paying = [.. Enumerable.Range(0, states).Select(_ => random.NextBoolean(0.4))];
        var chosen = random.NextInt32(horizon);
        return (index % 3) switch
        {
            0 => (step, state, _) => step == horizon - 1 && paying[state] ? 1 : 0,
            1 => (_, state, _) => paying[state] ? 1.0 / horizon : 0,
            _ => (step, state, _) => step == chosen && paying[state] ? 1 : 0,
        };
    }

    /// <summary>theta + beta L z / |z| with L L' = Sigma^-1, pulled halfway back up to five times until it lies in the confidence set.</summary>
    public static double[] Parameter(ExplorationQuestion question, RandomStream random)
    {
        var d = question.Centre.Length;
        double[] direction = [.. Enumerable.Range(0, d).Select(_ => random.NextGaussian())];
        var length = Math.Sqrt(WeightedRidge.Dot(direction, direction));
        var step = new double[d];
        WeightedRidge.Multiply(WeightedRidge.Factor(question.CentreInverse, d), direction, step);
        for (var (halving, scale) = (0, question.Radius / length); halving <= Halvings; halving++, scale /= 2)
        {
            double[] candidate = [.. question.Centre.Zip(step, (centre, offset) => centre + scale * offset)];
            if (question.IsConfident(candidate)) { return candidate; }
        }
        return question.Centre;
    }
}

/// <summary>
/// The practical oracle: a library of rewards and parameters drawn anew for each episode, for each the policy that maximises the
/// uncertainty backwards, and of these the best. Half of the library uses the regression's centre.
/// </summary>
/// <param name="size">Candidates, at least 1.</param>
/// <param name="randomTies">Whether ties between actions are broken at random.</param>
public sealed class LibraryOracle(int size, bool randomTies = true) : IExplorationOracle
{
    private const double Improvement = 1e-12;

    /// <inheritdoc/>
    public ExplorationPlan Choose(ExplorationQuestion question, RandomStream random)
    {
        ExplorationPlan? best = null;
        var start = question.Model.Model.Start;
        for (var i = 0; i < size; i++)
        {
            var reward = Candidates.Reward(i, question.Model.Horizon, question.Model.Model.StateCount, random);
            var parameter = i < (size + 1) / 2 ? question.Centre : Candidates.Parameter(question, random);
            var plan = question.Model.Maximise(parameter, reward, randomTies ? random : null);
            if (best is null || plan.UncertaintyFrom(start) > best.UncertaintyFrom(start) + Improvement) { best = plan; }
        }
        return best ?? throw new InvalidOperationException("A library holds at least one candidate.");
    }
}

/// <summary>As <see cref="LibraryOracle"/>, but every deterministic policy is tried for each candidate: exact in the policy, for tiny problems.</summary>
/// <param name="size">Candidates, at least 1.</param>
public sealed class ExhaustiveOracle(int size) : IExplorationOracle
{
    private const int MostDecisions = 8;

    /// <inheritdoc/>
    /// <exception cref="UsageException">States times horizon exceeds 8.</exception>
    public ExplorationPlan Choose(ExplorationQuestion question, RandomStream random)
    {
        var (model, horizon) = (question.Model.Model, question.Model.Horizon);
        var decisions = model.StateCount * horizon;
        if (decisions > MostDecisions) { throw new UsageException($"{model.StateCount} states x {horizon} steps are {decisions} decisions; every policy is tried for at most {MostDecisions}. Use the library oracle."); }
        ExplorationPlan? best = null;
        for (var i = 0; i < size; i++)
        {
            var reward = Candidates.Reward(i, horizon, model.StateCount, random);
            var parameter = i < (size + 1) / 2 ? question.Centre : Candidates.Parameter(question, random);
            for (var code = 0L; code < (long)Math.Pow(model.ActionCount, decisions); code++)
            {
                var plan = question.Model.Follow(Policy(code, horizon, model.StateCount, model.ActionCount), parameter, reward);
                if (best is null || plan.UncertaintyFrom(model.Start) > best.UncertaintyFrom(model.Start)) { best = plan; }
            }
        }
        return best ?? throw new InvalidOperationException("A library holds at least one candidate.");
    }

    private static int[][] Policy(long code, int horizon, int states, int actions)
    {
        var policy = new int[horizon][];
        for (var step = 0; step < horizon; step++)
        {
            policy[step] = new int[states];
            for (var state = 0; state < states; state++, code /= actions) { policy[step][state] = (int)(code % actions); }
        }
        return policy;
    }
}
