using Bellman.Algorithms.Linear;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>Beliefs that learn from observations of one kind and from which a hypothesis can be drawn.</summary>
/// <typeparam name="THypothesis">What is believed in: a reward, a kernel.</typeparam>
/// <typeparam name="TObservation">What it is learned from.</typeparam>
public interface IPosterior<out THypothesis, in TObservation>
{
    /// <summary>Draws a hypothesis.</summary>
    THypothesis Sample(RandomStream random);

    /// <summary>Learns from an observation.</summary>
    void Update(TObservation observation);
}

/// <summary>A reward for all steps, r(s,a).</summary>
public delegate double StationaryReward(int state, int action);

/// <summary>Two trajectories, and which was preferred.</summary>
/// <param name="First">The newest policy's.</param>
/// <param name="Second">The comparator's.</param>
/// <param name="Preference">1 when the first, 0 when the second.</param>
public sealed record Comparison(Trajectory First, Trajectory Second, int Preference);

/// <summary>Beliefs about the reward, which also say how much they disagree about a comparison.</summary>
public interface IRewardPosterior : IPosterior<StationaryReward, Comparison>
{
    /// <summary>E |(r(first) - r(second)) - (r'(first) - r'(second))| over independent draws r, r'.</summary>
    double Disagreement(Trajectory first, Trajectory second);
}

/// <summary>Beliefs about where actions lead.</summary>
public interface ITransitionPosterior : IPosterior<TransitionKernel, (int State, int Action, int Next)>;

/// <summary>
/// Finitely many rewards with weights: weight *= sigma(difference of returns), in logarithms. When few carry all the weight, they are
/// resampled systematically and, if asked, moved by Liu and West's kernel (2001), which keeps mean and covariance.
/// </summary>
public sealed class ParticleRewardPosterior : IRewardPosterior
{
    private readonly int actions;
    private readonly double[][] particles;
    private readonly double[] logWeights;
    private readonly double? shrinkage;
    private readonly RandomStream resampling;

    /// <summary>Equal weights.</summary>
    /// <param name="rewards">Each [S x A].</param>
    /// <param name="actions">A.</param>
    /// <param name="resampling">The stream of resampling.</param>
    /// <param name="shrinkage">Liu and West's a, below 1 (0.98 usual); null never resamples, for hypotheses that must stay as they are.</param>
    /// <exception cref="UsageException">There are none, or they differ in length.</exception>
    public ParticleRewardPosterior(IReadOnlyList<double[]> rewards, int actions, RandomStream resampling, double? shrinkage = null)
    {
        if (rewards.Count == 0 || rewards.Any(reward => reward.Length != rewards[0].Length)) { throw new UsageException("A particle posterior needs one reward or more, all of one length [states x actions]."); }
        if (shrinkage is { } a && !(a is > 0 and < 1)) { throw new UsageException($"The shrinkage is {a}; it must lie between 0 and 1, usually 0.98."); }
        (this.actions, this.resampling, this.shrinkage) = (actions, resampling, shrinkage);
        particles = [.. rewards.Select(reward => (double[])reward.Clone())];
        logWeights = new double[rewards.Count];
    }

    /// <summary>The weights, summing to 1.</summary>
    public double[] Weights
    {
        get
        {
            var largest = logWeights.Max();
            double[] weights = [.. logWeights.Select(weight => Math.Exp(weight - largest))];
            var total = weights.Sum();
            return [.. weights.Select(weight => weight / total)];
        }
    }

    /// <inheritdoc/>
    public StationaryReward Sample(RandomStream random)
    {
        var chosen = particles[random.NextCategorical(Weights)];
        return (state, action) => chosen[state * actions + action];
    }

    /// <inheritdoc/>
    public double Disagreement(Trajectory first, Trajectory second) => MeanDistance(Differences(first, second), Weights);

    /// <inheritdoc/>
    public void Update(Comparison observation)
    {
        var differences = Differences(observation.First, observation.Second);
        for (var i = 0; i < logWeights.Length; i++) { logWeights[i] += LogisticLink.Log(observation.Preference == 1 ? differences[i] : -differences[i]); }
        var weights = Weights;
        // effective size 1 / sum w^2
        if (shrinkage is { } a && 1 / weights.Sum(weight => weight * weight) < particles.Length / 2.0) { Resample(weights, a); }
    }

    /// <summary>sum_ij w_i w_j |x_i - x_j| in the time of a sort.</summary>
    public static double MeanDistance(ReadOnlySpan<double> values, ReadOnlySpan<double> weights)
    {
        var (sorted, mass) = (values.ToArray(), weights.ToArray());
        Array.Sort(sorted, mass);
        double sum = 0, below = 0, moment = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            sum += mass[i] * (sorted[i] * below - moment);
            below += mass[i];
            moment += mass[i] * sorted[i];
        }
        return 2 * sum;
    }

    private double[] Differences(Trajectory first, Trajectory second) => [.. particles.Select(particle =>
    {
        double Reward(int state, int action) => particle[state * actions + action];
        return first.Return(Reward) - second.Return(Reward);
    })];

    private void Resample(double[] weights, double a)
    {
        var (count, length) = (particles.Length, particles[0].Length);
        var (mean, deviation) = (new double[length], new double[length]);
        for (var j = 0; j < length; j++)
        {
            for (var i = 0; i < count; i++) { mean[j] += weights[i] * particles[i][j]; }
            for (var i = 0; i < count; i++) { deviation[j] += weights[i] * Math.Pow(particles[i][j] - mean[j], 2); }
            // The kernel a x + (1 - a) mean + sqrt(1 - a^2) deviation z keeps both moments.
            deviation[j] = Math.Sqrt(deviation[j] * (1 - a * a));
        }
        var chosen = new double[count][];
        var (cumulative, from) = (weights[0], 0);
        var offset = resampling.NextDouble();
        for (var i = 0; i < count; i++)
        {
            while (cumulative < (i + offset) / count && from < count - 1) { cumulative += weights[++from]; }
            chosen[i] = [.. particles[from].Select((value, j) => a * value + (1 - a) * mean[j] + deviation[j] * resampling.NextGaussian())];
        }
        chosen.CopyTo(particles, 0);
        Array.Clear(logWeights);
    }
}

/// <summary>A linear reward with Laplace's approximation: mean the fit, covariance the inverse of its Hessian.</summary>
/// <param name="features">phi(s,a), [S x A x d].</param>
/// <param name="actions">A.</param>
/// <param name="dimension">d.</param>
/// <param name="ridge">lambda.</param>
/// <param name="bound">B.</param>
public sealed class LaplaceRewardPosterior(double[] features, int actions, int dimension, double ridge, double bound) : IRewardPosterior
{
    private readonly LogisticRewardFit fit = new(dimension, ridge, bound);
    private double[] covariance = [.. Enumerable.Range(0, dimension * dimension).Select(i => i % (dimension + 1) == 0 ? 1 / ridge : 0)];

    /// <inheritdoc/>
    public StationaryReward Sample(RandomStream random)
    {
        double[] normals = [.. Enumerable.Range(0, dimension).Select(_ => random.NextGaussian())];
        var offset = new double[dimension];
        WeightedRidge.Multiply(WeightedRidge.Factor(covariance, dimension), normals, offset);
        double[] drawn = [.. fit.Estimate.Zip(offset, (mean, shift) => mean + shift)];
        return (state, action) => WeightedRidge.Dot(FeaturesOf(state, action), drawn);
    }

    /// <inheritdoc/>
    public double Disagreement(Trajectory first, Trajectory second) => 2 / Math.Sqrt(Math.PI) * WeightedRidge.Norm(covariance, Difference(first, second));

    /// <inheritdoc/>
    public void Update(Comparison observation)
    {
        fit.Add(Difference(observation.First, observation.Second), observation.Preference);
        fit.Fit();
        covariance = fit.Hessian().Inverse().ToRowMajorArray();
    }

    private ReadOnlySpan<double> FeaturesOf(int state, int action) => features.AsSpan((state * actions + action) * dimension, dimension);

    private double[] Difference(Trajectory first, Trajectory second) =>
        [.. Enumerable.Range(0, dimension).Select(i => first.Return((state, action) => FeaturesOf(state, action)[i]) - second.Return((state, action) => FeaturesOf(state, action)[i]))];
}

/// <summary>Dirichlet beliefs about each row of a kernel: a prior of 1/S for each successor, plus counts.</summary>
public sealed class DirichletTransitionPosterior : ITransitionPosterior
{
    private readonly int states;
    private readonly int actions;
    private readonly int start;
    private readonly double[] concentrations;

    /// <summary>The prior.</summary>
    /// <param name="states">S, at least 1.</param>
    /// <param name="actions">A, at least 1.</param>
    /// <param name="start">First state.</param>
    public DirichletTransitionPosterior(int states, int actions, int start = 0)
    {
        (this.states, this.actions, this.start) = (states, actions, start);
        concentrations = [.. Enumerable.Repeat(1.0 / states, states * actions * states)];
    }

    /// <inheritdoc/>
    public TransitionKernel Sample(RandomStream random)
    {
        var probabilities = new double[concentrations.Length];
        for (var row = 0; row < states * actions; row++) { random.NextDirichlet(concentrations.AsSpan(row * states, states), probabilities.AsSpan(row * states, states)); }
        return new TransitionKernel(states, actions, probabilities, start);
    }

    /// <inheritdoc/>
    public void Update((int State, int Action, int Next) observation) =>
        concentrations[(observation.State * actions + observation.Action) * states + observation.Next]++;
}
