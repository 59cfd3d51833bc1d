using Bellman.Papers;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>What tests of learning measure.</summary>
internal static class Learning
{
    private static readonly EnvironmentRegistry Environments = AllEnvironments.Registry();

    /// <summary>
    /// The highest mean return of twelve evaluations on the way. The last policy alone can be caught in a bad moment, and which
    /// step that is depends on how sums are rounded; whether one policy on the way was good does not.
    /// </summary>
    /// <param name="agent">Disposed afterwards.</param>
    /// <param name="environment">Where it is evaluated.</param>
    /// <param name="steps">Environment steps of training.</param>
    /// <param name="enough">Training ends early once an evaluation reaches this.</param>
    public static double Best(IAgent agent, string environment, long steps, double enough = double.PositiveInfinity)
    {
        using (agent)
        {
            var loop = new TrainingLoop(agent, new TrainingLoopOptions
            {
                LogEvery = steps / 12,
                EvaluateEvery = steps / 12,
                EvaluationEpisodes = 20,
                EvaluationEnvironment = () => Environments.MakeVector(environment, 10),
                EvaluationSeed = 99,
            }, new StopAtReturn(enough));
            loop.Run(steps, TestContext.Current.CancellationToken);
            return loop.BestEvaluation;
        }
    }
}
