using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.ModelBased;

public sealed class ModelBasedAgentTests
{
    private const string Pendulum = "Pendulum-v1";
    private const string SmallModel = "model.hidden=16,16 model.members=3 model.elites=2 model.maximumEpochs=3";
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>The whole of it: model, imagined replay, streams, counters.</summary>
    [Theory]
    [InlineData("mbpo", SmallModel + " modelEvery=20 rolloutEvery=10 rollouts=30 finalRolloutLength=3 growFrom=0 growUntil=0.1 learningStarts=60 updatesPerRound=2")]
    [InlineData("mopo", SmallModel + " rolloutEvery=25 rollouts=40 rolloutLength=2")]
    [InlineData("mopo", SmallModel + " rolloutEvery=25 rollouts=40 penalty=disagreement realShare=0.5")]
    [InlineData("mopo", "dynamics=true penalty=none rolloutEvery=25 rollouts=40 rolloutLength=2")]
    public void A_restored_agent_continues_to_the_bit(string algorithm, string settings)
    {
        using var log = new MetricLog();
        using var original = Create(algorithm, settings);
        while (original.Steps < 90) { original.Advance(log); }
        var saved = JsonState.Save(original);
        using var restored = Create(algorithm, settings);
        JsonState.Load(restored, saved);
        foreach (var agent in (IAgent[])[original, restored]) { while (agent.Steps < 130) { agent.Advance(log); } }
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());
        Assert.NotEqual(saved.ToJsonString(), JsonState.Save(restored).ToJsonString());
    }

    /// <summary>
    /// With the same number of environment steps, of which the model makes room for ten updates each. Fails when next states of the model
    /// are those of another row.
    /// </summary>
    [Fact]
    public void Mbpo_swings_the_pendulum_up_in_steps_in_which_soft_actor_critic_does_not()
    {
        double Best(string algorithm, string settings) =>
            Learning.Best(Create(algorithm, $"hidden=32,32 batchSize=64 learningRate=2e-3 learningStarts=400 {settings}", 3), Pendulum, 1_920, enough: -500);
        Assert.True(Best("sac", "") <= -700);
        Assert.True(Best("mbpo", "model.hidden=64,64 model.members=3 model.elites=2 model.batchSize=32 model.learningRate=3e-3 modelEvery=200 rolloutEvery=20 rollouts=400 retain=20 updatesPerRound=10") >= -500);
    }

    [Fact]
    public void Bad_settings_are_refused()
    {
        string Refused(string algorithm, string settings, string environment = Pendulum) =>
            Assert.Throws<UsageException>(() => Create(algorithm, settings, 1, environment)).Message;
        Assert.Contains("'rolloutLength' of algorithm mopo cannot be '0'", Refused("mopo", "rolloutLength=0"), StringComparison.Ordinal);
        Assert.Contains("'realShare' of algorithm mopo cannot be '1.5'", Refused("mopo", "realShare=1.5"), StringComparison.Ordinal);
        Assert.Contains("the data set has 300 transitions. Lower rollouts to at most 300", Refused("mopo", "rollouts=301"), StringComparison.Ordinal);
        Assert.Contains("model.elites 5 are more than model.members 3", Refused("mopo", "model.members=3"), StringComparison.Ordinal);
        Assert.Contains("There are: auto, never", Refused("mopo", "terminal=sometimes"), StringComparison.Ordinal);
        Assert.Contains("true dynamics are not uncertain", Refused("mopo", "dynamics=true"), StringComparison.Ordinal);
        Assert.Contains("learned from single steps", Refused("mbpo", "multiStep=3"), StringComparison.Ordinal);
        Assert.Contains("Use dqn, discrete-sac or ppo", Refused("mbpo", "terminal=never", "CartPole-v1"), StringComparison.Ordinal);
        Assert.Contains("No terminal function is known for environment CartPole-v1", Refused("mbpo", "", "CartPole-v1"), StringComparison.Ordinal);
    }

    private static IAgent Create(string algorithm, string settings, ulong seed = 8, string environment = Pendulum)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var values = new Dictionary<string, string>();
        if (!settings.Contains("hidden=32", StringComparison.Ordinal)) { (values["hidden"], values["batchSize"]) = ("8,8", "16"); }
        foreach (var setting in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries)) { values[setting.Split('=')[0]] = setting.Split('=', 2)[1]; }
        var request = new AgentRequest(Environments, environment, registration.Options.Create<AlgorithmOptions>(values), seed, 10_000);
        return algorithm == "mopo" ? ModelBasedOffline.CreateMopo(request, Data()) : registration.Create(request);
    }

    private static OfflineDataset Data()
    {
        var environment = Environments.Make(Pendulum);
        return DatasetRecorder.Record(() => Environments.Make(Pendulum), new RandomPolicy(environment.ActionSpace, RandomStream.Create(5)), 300, RandomStream.Create(6), "chance");
    }
}
