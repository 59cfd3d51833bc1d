using Bellman.Algorithms.Linear;
using Bellman.Environments.Linear;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>
/// PR-LSVI (Wu and Sun 2023): least-squares value iteration whose rewards, learned from preferences, and transitions are perturbed by
/// Gaussian noise. One draw a round makes it explore; a preference is asked for only when draws disagree about it.
/// </summary>
public sealed class PrLsvi
{
    private readonly LinearMdp process;
    private readonly PrLsviOptions options;
    private readonly int d;
    private readonly double[]? knownReward;
    private readonly LogisticRewardFit fit;
    private readonly WeightedRidge rewardData;
    private readonly WeightedRidge[] transitionData;
    // For each step and next state the sum of the features that led there: the regression's targets change in every round.
    private readonly double[][][] arrivals;
    private readonly QueryRule rule;
    private readonly ComparatorPolicy comparator;
    private readonly RandomStream noiseStream;
    private readonly RandomStream playStream;
    private int round;

    /// <summary>A learner that has seen nothing.</summary>
    /// <param name="process">Features are known to it; kernel and reward are only played and asked.</param>
    /// <param name="options">Options.</param>
    /// <param name="random">The stream of noise, play and queries.</param>
    /// <param name="seesRewards">True plans with the true reward, as an upper bound; no preference is then needed.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public PrLsvi(LinearMdp process, PrLsviOptions options, RandomStream random, bool seesRewards = false)
    {
        this.options = options = OptionSet.Validated(options, "PR-LSVI");
        this.process = process;
        d = process.Dimension;
        var kernel = process.Kernel;
        var rewardDimension = options.StationaryReward ? d : d * options.Horizon;
        knownReward = seesRewards ? [.. Enumerable.Range(0, rewardDimension).Select(i => process.Reward[i % d])] : null;
        fit = new LogisticRewardFit(rewardDimension, options.Ridge, options.RewardBound);
        rewardData = new WeightedRidge(rewardDimension, options.Ridge);
        transitionData = [.. Enumerable.Range(0, options.Horizon).Select(_ => new WeightedRidge(d, options.Ridge))];
        arrivals = [.. transitionData.Select(_ => Enumerable.Range(0, kernel.StateCount).Select(_ => new double[d]).ToArray())];
        rule = new QueryRule(options, random.Child("queries"));
        comparator = new ComparatorPolicy(options, kernel.StateCount, kernel.ActionCount, random.Child("first policy"));
        noiseStream = random.Child("noise");
        playStream = random.Child("play");
    }

    /// <summary>The fitted reward.</summary>
    public IReadOnlyList<double> Reward => knownReward ?? fit.Estimate;

    /// <summary>Plays a round: plans with a fresh draw, plays both policies, asks when it is worth it, learns.</summary>
    /// <param name="oracle">Who is asked.</param>
    /// <returns>The policies and what happened.</returns>
    public (PolicyPair Policies, PreferenceRound Round) Step(PreferenceOracle oracle)
    {
        round++;
        var policies = comparator.Pair(Plan());
        var first = Play(policies.Newest);
        var second = Play(policies.Other);
        var difference = Difference(first, second);
        // U = E |D . (theta - theta')| = (2 sigma_r / sqrt pi) ||D||
        var score = 2 * options.RewardNoise / Math.Sqrt(Math.PI) * rewardData.InverseNorm(difference);
        var asks = knownReward is null && rule.Asks(score, difference.Any(value => value != 0));
        int? preference = null;
        if (asks)
        {
            preference = oracle.Ask(first.Return(process.RewardOf) - second.Return(process.RewardOf));
            fit.Add(difference, preference.Value);
            rewardData.Add(difference, 0);
        }
        if (asks || round % 10 == 0) { fit.Fit(); }
        LearnTransitions(first);
        if (options.UseBothForModel) { LearnTransitions(second); }
        return (policies, new PreferenceRound(round, first, second, score, asks, preference, Math.Sqrt(Reward.Sum(value => value * value))));
    }

    /// <summary>The mixing of what follows by how well its direction is known: below the lower cut-off the regression, above the upper one the bound.</summary>
    /// <param name="norm">n = ||phi|| under Sigma^-1.</param>
    /// <param name="regression">phi . theta_P.</param>
    /// <param name="bound">(H - h) r_max.</param>
    /// <param name="lower">alpha_L.</param>
    /// <param name="upper">alpha_U, above it.</param>
    public static double Omega(double norm, double regression, double bound, double lower, double upper)
    {
        // rho = clip((alpha_U - n) / (alpha_U - alpha_L), 0, 1);  omega = rho phi . theta + (1 - rho) (H - h) r_max
        var rho = Math.Clamp((upper - norm) / (upper - lower), 0, 1);
        return rho * regression + (1 - rho) * bound;
    }

    /// <summary>Backward value iteration with one draw of the reward and one of each step's transitions.</summary>
    private int[][] Plan()
    {
        var kernel = process.Kernel;
        var reward = knownReward ?? Perturbed([.. fit.Estimate], rewardData, options.RewardNoise);
        var policy = new int[options.Horizon][];
        var following = new double[kernel.StateCount];
        for (var step = options.Horizon - 1; step >= 0; step--)
        {
            var ahead = options.Horizon - 1 - step;
            var data = transitionData[step];
            data.Refresh();
            // theta_P = Sigma^-1 sum phi V(s'), with this round's V
            var moments = new double[d];
            for (var next = 0; next < following.Length; next++)
            {
                for (var i = 0; i < d; i++) { moments[i] += arrivals[step][next][i] * following[next]; }
            }
            var transition = Perturbed(data.Solve(moments), data, options.TransitionNoise * ahead * options.MaximumReward / 4);
            var rewards = options.StationaryReward ? reward : reward[(step * d)..((step + 1) * d)];
            (policy[step], var values) = (new int[kernel.StateCount], new double[kernel.StateCount]);
            for (var state = 0; state < values.Length; state++)
            {
                values[state] = double.NegativeInfinity;
                for (var action = 0; action < kernel.ActionCount; action++)
                {
                    var features = process.Features(state, action);
                    var regression = WeightedRidge.Dot(features, transition);
                    var omega = options.TruncateOmega
                        ? Omega(data.InverseNorm(features), regression, ahead * options.MaximumReward, options.LowerCutoff, options.UpperCutoff)
                        : regression;
                    var value = WeightedRidge.Dot(features, rewards) + omega;
                    if (value > values[state]) { (values[state], policy[step][state]) = (value, action); }
                }
            }
            following = values;
        }
        return policy;
    }

    /// <summary>theta + sigma L z with L L' = Sigma^-1.</summary>
    private double[] Perturbed(double[] mean, WeightedRidge data, double scale)
    {
        // Drawn even at scale 0: switching noise off must not move other draws.
        double[] normals = [.. mean.Select(_ => noiseStream.NextGaussian())];
        if (scale == 0) { return mean; }
        var offset = new double[mean.Length];
        WeightedRidge.Multiply(WeightedRidge.Factor(data.Inverse, mean.Length), normals, offset);
        return [.. mean.Zip(offset, (centre, shift) => centre + scale * shift)];
    }

    private Trajectory Play(int[][]? policy) => Trajectory.Play(process.Kernel, options.Horizon,
        (step, state) => policy is null ? playStream.NextInt32(process.Kernel.ActionCount) : policy[step][state], playStream);

    /// <summary>Features of the first minus those of the second: summed over steps, or side by side.</summary>
    private double[] Difference(Trajectory first, Trajectory second)
    {
        var difference = new double[options.StationaryReward ? d : d * options.Horizon];
        for (var step = 0; step < options.Horizon; step++)
        {
            var start = options.StationaryReward ? 0 : step * d;
            var plus = process.Features(first.States[step], first.Actions[step]);
            var minus = process.Features(second.States[step], second.Actions[step]);
            for (var i = 0; i < d; i++) { difference[start + i] += plus[i] - minus[i]; }
        }
        return difference;
    }

    private void LearnTransitions(Trajectory trajectory)
    {
        for (var step = 0; step < options.Horizon; step++)
        {
            var features = process.Features(trajectory.States[step], trajectory.Actions[step]);
            transitionData[step].Add(features, 0);
            for (var i = 0; i < d; i++) { arrivals[step][trajectory.States[step + 1]][i] += features[i]; }
        }
    }
}
