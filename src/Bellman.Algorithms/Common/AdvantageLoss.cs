namespace Bellman.Algorithms;

/// <summary>
/// The plain policy gradient: L = -log pi(a|s) A (Williams 1992; Sutton et al. 2000), and half the squared error of the value.
/// </summary>
internal struct AdvantageLoss(Rollout rollout, int rows) : IActorCriticLoss
{
    private double policy, value;

    public (double Policy, double Value) Add(int row, double logProbability, double newValue, double advantage)
    {
        var error = newValue - rollout.Returns[row];
        policy -= logProbability * advantage / rows;
        value += 0.5 * error * error / rows;
        return (-advantage, error);
    }

    public readonly void Report(IMetricSink metrics)
    {
        metrics.Add("loss/policy", policy);
        metrics.Add("loss/value", value);
    }
}
