using Bellman.Algorithms.Linear;

namespace Bellman.Papers.TrajectoryWeighting;

/// <summary>
/// Behaviour cloning in closed form: the linear policy [s, 1] W of least weighted squared error to recorded actions. What a learner makes of weights,
/// without the learner's own luck.
/// </summary>
public static class LinearCloning
{
    private const double Ridge = 1e-8;

    /// <summary>W minimises Σ p |[s, 1] W - a|² + 1e-8 |W|²; actions are clipped to the bounds.</summary>
    /// <param name="data">Transitions.</param>
    /// <param name="probabilities">[transitions]: p.</param>
    /// <param name="bounds">The actions.</param>
    public static IPolicy Fit(OfflineDataset data, ReadOnlySpan<double> probabilities, Box bounds)
    {
        var (inputs, outputs) = (data.ObservationSize, data.ActionSize);
        var regressions = Enumerable.Range(0, outputs).Select(_ => new WeightedRidge(inputs + 1, Ridge)).ToArray();
        var features = new double[inputs + 1];
        features[inputs] = 1;
        for (var row = 0; row < data.Count; row++)
        {
            for (var k = 0; k < inputs; k++) { features[k] = data.Observations[row * inputs + k]; }
            for (var k = 0; k < outputs; k++) { regressions[k].Add(features, data.Actions[row * outputs + k], probabilities[row]); }
        }
        foreach (var regression in regressions) { regression.Refresh(); }
        var weights = Array.ConvertAll(regressions, regression => regression.Estimate());
        return new ScriptedPolicy(inputs, outputs, (observation, action) =>
        {
            for (var k = 0; k < outputs; k++)
            {
                var sum = weights[k][inputs];
                for (var i = 0; i < inputs; i++) { sum += weights[k][i] * observation[i]; }
                action[k] = Math.Clamp((float)sum, bounds.Low[k], bounds.High[k]);
            }
        });
    }
}
