using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Takes the action of the highest expected return, without the noise of a noisy network; with a stream, a uniformly
/// random action with probability <see cref="EvaluationEpsilon"/>, so that a deterministic loop cannot trap it.
/// </summary>
public sealed class GreedyPolicy : IDescribedPolicy
{
    /// <summary>Probability of a random action when a stream is given.</summary>
    public const double EvaluationEpsilon = 0.01;

    private readonly EncodedNetwork network;
    private readonly INoisyNetwork? noisy;
    private readonly ReturnModel returns;
    private readonly float[] means;

    /// <summary>The policy that is greedy in <paramref name="values"/>, whose outputs are read by <paramref name="returns"/>.</summary>
    public GreedyPolicy(ObservationEncoder encoder, INetwork values, ReturnModel returns, Space observationSpace)
    {
        network = new EncodedNetwork(encoder, values, observationSpace);
        noisy = values as INoisyNetwork;
        this.returns = returns;
        means = new float[values.Outputs / returns.Width];
    }

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        // The agent draws its noise anew before each use.
        noisy?.SilenceNoise();
        var outputs = network.Forward(observations, count);
        for (var i = 0; i < count; i++)
        {
            if (random is not null && random.NextBoolean(EvaluationEpsilon))
            {
                actions[i] = random.NextInt32(means.Length);
                continue;
            }
            returns.Means(outputs.Slice(i * network.Outputs, network.Outputs), means);
            actions[i] = TemporalDifference.ArgMax(means);
        }
    }

    /// <inheritdoc/>
    public PolicyDescription Describe() => network.Describe(new Discrete(means.Length), returns.Readout(means.Length));
}
