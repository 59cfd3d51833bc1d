using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What a candidate's episodes came to.</summary>
internal readonly record struct CandidateResult(double Value, double Return, long Steps);

/// <summary>One environment and one network that candidates take turns in.</summary>
internal sealed class EvolutionWorker : IDisposable
{
    private readonly IEnvironment environment;
    private readonly NetworkGroup network;
    private readonly IMaskedPolicy policy;
    private readonly IActionMask? masks;
    private readonly bool[] available;
    private readonly double[] point;
    private readonly float[] observation;
    private readonly float[] action;

    public EvolutionWorker(IEnvironment environment, NetworkGroup network, Func<INetwork, IMaskedPolicy> policyOf)
    {
        (this.environment, this.network) = (environment, network);
        policy = policyOf(network[EvolutionAgent.NetworkName]);
        masks = environment.Find<IActionMask>();
        available = new bool[masks is null ? 0 : environment.ActionSpace.FlatSize];
        point = new double[network.Parameters.Values.Length];
        observation = new float[environment.ObservationSpace.Size];
        action = new float[environment.ActionSpace.Size];
    }

    /// <summary>Plays a candidate; every draw comes from <paramref name="random"/>'s children, so that it does not matter which worker plays it.</summary>
    public CandidateResult Play(IPopulationOptimizer optimizer, int candidate, int episodes, double gamma, RandomStream random)
    {
        optimizer.Candidate(candidate, point);
        return Play(point, episodes, gamma, random, null);
    }

    /// <summary>Plays the given weights; <paramref name="observe"/> sees every observation.</summary>
    public CandidateResult Play(ReadOnlySpan<double> weights, int episodes, double gamma, RandomStream random, ObservationEncoder? observe)
    {
        var values = network.Parameters.Values;
        for (var i = 0; i < values.Length; i++) { values[i] = (float)weights[i]; }
        double discounted = 0, total = 0;
        long steps = 0;
        for (var episode = 0; episode < episodes; episode++)
        {
            var draws = random.Child("episode", episode);
            environment.Reset(draws, observation);
            for (var discount = 1.0; ; discount *= gamma)
            {
                observe?.Observe(observation, 1);
                masks?.WriteActionMask(available);
                policy.Act(observation, available, 1, action, null);
                var result = environment.Step(action, draws, observation);
                discounted += discount * result.Reward;
                total += result.Reward;
                steps++;
                if (result.Done) { break; }
            }
        }
        return new CandidateResult(discounted / episodes, total / episodes, steps);
    }

    public void Dispose()
    {
        environment.Find<IDisposable>()?.Dispose();
        network.Dispose();
    }
}
