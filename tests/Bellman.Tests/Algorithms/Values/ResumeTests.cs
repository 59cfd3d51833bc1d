using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.Values;

/// <summary>
/// A restored agent goes on exactly as the one it was saved from, whatever is switched on. Fails when the sum tree, the
/// begun windows, the running episodes or the noise stream stay behind.
/// </summary>
public sealed class ResumeTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    public static TheoryData<string, string, string> Variants => new()
    {
        { "dqn", "CartPole-v1", "" },
        { "dqn", "CartPole-v1", "duelling=true" },
        { "dqn", "CartPole-v1", "duelling=true hidden=16" },
        { "dqn", "CartPole-v1", "prioritized=true normalizeByBuffer=true normalizeObservations=true" },
        { "dqn", "CartPole-v1", "multiStep=4" },
        { "dqn", "CartPole-v1", "noisy=true initialEpsilon=0 finalEpsilon=0" },
        { "dqn", "CartPole-v1", "annealLearningRate=true doubleQ=false" },
        { "dqn", "BitFlipping-v0?bits=5", "hindsight=future prioritized=true" },
        { "c51", "CartPole-v1", "atoms=11 maximumReturn=50" },
        { "qr-dqn", "CartPole-v1", "quantiles=8" },
        { "iqn", "CartPole-v1", "quantiles=4 duelling=true noisy=true" },
        { "rainbow", "CartPole-v1", "atoms=11 maximumReturn=50" },
        { "bootstrapped-dqn", "DeepSea-v0?size=6", "members=3" },
    };

    [Theory, MemberData(nameof(Variants))]
    public void A_restored_agent_continues_to_the_bit(string algorithm, string environment, string settings)
    {
        using var log = new MetricLog();
        using var original = Make();
        while (original.Steps < 402) { original.Advance(log); }
        var saved = JsonState.Save(original);
        using var restored = Make();
        JsonState.Load(restored, saved);
        Assert.Equal(saved.ToJsonString(), JsonState.Save(restored).ToJsonString());
        // An evaluation between the two must leave no trace, noise included.
        var actions = new float[restored.ActionSpace.Size];
        restored.Policy.Act(new float[restored.ObservationSpace.Size], 1, actions, null);
        foreach (var agent in (IAgent[])[original, restored]) { while (agent.Steps < 501) { agent.Advance(log); } }
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());

        IAgent Make()
        {
            var registration = AlgorithmRegistry.Find(algorithm);
            var small = "copies=3 batchSize=16 learningStarts=90 bufferSize=300" + (settings.Contains("hidden=", StringComparison.Ordinal) ? "" : " hidden=16,16");
            var values = $"{small} {settings}".Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(setting => new KeyValuePair<string, string>(setting[..setting.IndexOf('=', StringComparison.Ordinal)], setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]));
            return registration.Create(new AgentRequest(Environments, environment, registration.Options.Create<AlgorithmOptions>(values), 8, 1000));
        }
    }
}
