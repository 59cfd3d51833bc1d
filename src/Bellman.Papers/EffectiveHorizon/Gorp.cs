using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>Options of <see cref="Gorp"/>.</summary>
public sealed record GorpOptions
{
    /// <summary>Steps of an episode, T.</summary>
    [Description("Steps of an episode, T.")]
    [Range(1, 1_000_000)]
    public int Horizon { get; init; } = 100;

    /// <summary>Length of the sequences that are tried, k.</summary>
    [Description("Length k of the action sequences that are tried at each step: all A^k of them.")]
    [Range(1, 20)]
    public int Depth { get; init; } = 1;

    /// <summary>Episodes a sequence, m.</summary>
    [Description("Episodes for each sequence, m.")]
    [Range(1, 10_000_000)]
    public int Episodes { get; init; } = 1;

    /// <summary>Discount of returns.</summary>
    [Description("Discount of the returns that are compared.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Gamma { get; init; } = 0.99;
}

/// <summary>
/// GORP (Laidlaw et al. 2023, the deterministic predecessor): greedy over random play without a network. Step by step, every sequence of k
/// actions is tried after the fixed prefix, followed by random play; the first action of the best one joins the prefix. The plan is
/// open-loop, which is all a deterministic process needs and too little for a stochastic one.
/// </summary>
public static class Gorp
{
    /// <summary>Plans in an environment.</summary>
    /// <param name="environment">One copy with discrete actions.</param>
    /// <param name="options">Options.</param>
    /// <param name="random">The stream of environment and actions.</param>
    /// <returns>One action a step, and the environment steps taken.</returns>
    /// <exception cref="UsageException">An option is out of range, the actions are not discrete, or A^k does not fit 32 bits.</exception>
    public static (IReadOnlyList<int> Plan, long Steps) Plan(IEnvironment environment, GorpOptions options, RandomStream random)
    {
        options = OptionSet.Validated(options, "GORP");
        if (environment.ActionSpace is not Discrete { Count: var actions }) { throw new UsageException($"GORP tries sequences of Discrete actions; this environment's are {environment.ActionSpace}. Use an environment with Discrete actions."); }
        if (Math.Pow(actions, options.Depth) > int.MaxValue) { throw new UsageException($"GORP would try {actions}^{options.Depth} sequences at each step. Lower depth."); }
        var (environmentStream, actionStream) = (random.Child("environment"), random.Child("actions"));
        var (observation, action) = (new float[environment.ObservationSpace.Size], new float[1]);
        var plan = new List<int>();
        var steps = 0L;
        while (plan.Count < options.Horizon)
        {
            var depth = Math.Min(options.Depth, options.Horizon - plan.Count);
            var sequences = (int)Math.Pow(actions, depth);
            var (best, bestReturn) = (0, double.NegativeInfinity);
            for (var sequence = 0; sequence < sequences; sequence++)
            {
                var mean = 0.0;
                for (var episode = 0; episode < options.Episodes; episode++) { mean += Play(sequence, depth) / options.Episodes; }
                // Strictly better: of ties the first in lexicographic order stays.
                if (mean > bestReturn) { (best, bestReturn) = (sequence, mean); }
            }
            plan.Add(best / (int)Math.Pow(actions, depth - 1));
        }
        return (plan, steps);

        // The discounted return from the end of the prefix on.
        double Play(int sequence, int depth)
        {
            environment.Reset(environmentStream, observation);
            var (total, discount) = (0.0, 1.0);
            for (var time = 0; time < options.Horizon; time++)
            {
                var ahead = time - plan.Count;
                action[0] = ahead < 0 ? plan[time]
                    : ahead < depth ? sequence / (int)Math.Pow(actions, depth - 1 - ahead) % actions
                    : actionStream.NextInt32(actions);
                var result = environment.Step(action, environmentStream, observation);
                steps++;
                if (ahead >= 0)
                {
                    total += discount * result.Reward;
                    discount *= options.Gamma;
                }
                if (result.Done) { break; }
            }
            return total;
        }
    }
}
