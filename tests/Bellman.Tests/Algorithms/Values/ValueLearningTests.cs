using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.Values;

/// <summary>The value-based family by outcome. Each margin is out of reach for the broken variants that its test names.</summary>
public sealed class ValueLearningTests
{
    private const string SevenBits = "BitFlipping-v0?bits=7";
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();
    private static readonly DqnOptions Flipping = new() { Hidden = [64], Gamma = 0.98, Hindsight = HindsightStrategy.Future, LearningStarts = 300 };

    /// <summary>
    /// The shortest way takes 3.5 flips, -2.5, on average. Tried: one update per step of the whole vector (an eighth of
    /// the updates) stays at -6.8 or below on four seeds; both numbers of copies reached -3.1 or better.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Several_copies_learn_as_much_from_as_many_steps_as_one(int copies) =>
        Assert.True(Learning.Best(new Dqn(Environments.MakeVector(SevenBits, copies), Flipping, 100, 3_000), SevenBits, 3_000) >= -4);

    [Theory]
    [InlineData(HindsightStrategy.Final)]
    [InlineData(HindsightStrategy.Episode)]
    public void Hindsight_finds_goals_that_chance_does_not(HindsightStrategy strategy) =>
        Assert.True(Learning.Best(new Dqn(Environments.MakeVector(SevenBits, 2), Flipping with { Hindsight = strategy }, 100, 6_000), SevenBits, 6_000) >= -4);

    [Fact]
    public void Without_hindsight_the_same_learner_hardly_ever_reaches_a_goal() =>
        Assert.True(Learning.Best(new Dqn(Environments.MakeVector(SevenBits, 2), Flipping with { Hindsight = HindsightStrategy.None }, 100, 6_000), SevenBits, 6_000) < -6);

    /// <summary>The stage is the same for every learner from replay, here an actor-critic.</summary>
    [Fact]
    public void Hindsight_serves_actor_critics_as_well()
    {
        var options = new DiscreteSacOptions { Hidden = [64], Gamma = 0.98, LearningStarts = 300, BatchSize = 64, LearningRate = 1e-3, BufferSize = 50_000, TrainEvery = 2 };
        Assert.True(Flips(HindsightStrategy.Future) >= -4);
        Assert.True(Flips(HindsightStrategy.None) < -6);

        double Flips(HindsightStrategy strategy) =>
            Learning.Best(new DiscreteSac(Environments.MakeVector(SevenBits, 2), options with { Hindsight = strategy }, 100), SevenBits, 6_000);
    }

    /// <summary>
    /// Undirected exploration finds the treasure in one of 4,096 episodes; with priors four seeds took 190 to 300. Tried:
    /// without priors this seed does not find it in 500 (another one did), and that is asserted; another member for each
    /// step, instead of each episode, found it on two seeds of three.
    /// </summary>
    [Fact]
    public void Priors_and_one_member_an_episode_find_the_treasure_in_the_deep_sea()
    {
        const string Sea = "DeepSea-v0?size=12";
        var options = new BootstrappedDqnOptions { Members = 8 };
        Assert.True(Learning.Best(new BootstrappedDqn(Environments.MakeVector(Sea, 1), options, 100), Sea, 6_000, enough: 0.9) >= 0.9);
        Assert.True(Learning.Best(new BootstrappedDqn(Environments.MakeVector(Sea, 1), options with { PriorScale = 0 }, 100), Sea, 6_000, enough: 0.9) < 0.1);
    }

    /// <summary>Tried: targets that do not bootstrap stay at 46, 28, 48 and 86 on this seed; as they are, 364, 218, 254 and 194.</summary>
    [Theory]
    [InlineData("c51", "atoms=21 minimumReturn=0 maximumReturn=100")]
    [InlineData("qr-dqn", "quantiles=8")]
    [InlineData("iqn", "quantiles=8")]
    [InlineData("rainbow", "atoms=21 minimumReturn=0 maximumReturn=100")]
    public void Distributional_variants_learn_to_balance_the_pole(string algorithm, string settings)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var values = $"hidden=32,32 learningStarts=500 {settings}".Split(' ').Select(setting => setting.Split('=')).Select(pair => new KeyValuePair<string, string>(pair[0], pair[1]));
        var agent = registration.Create(new AgentRequest(Environments, "CartPole-v1", registration.Options.Create<AlgorithmOptions>(values), 100, 12_000));
        Assert.True(Learning.Best(agent, "CartPole-v1", 12_000) >= 120);
    }

    /// <summary>Fails when the policy leaves the noise of the last step in its network.</summary>
    [Fact]
    public void An_evaluated_policy_draws_nothing()
    {
        var registration = AlgorithmRegistry.Find("rainbow");
        using var agent = registration.Create(new AgentRequest(Environments, SevenBits, registration.Options.Create<AlgorithmOptions>([]), 3, 1_000));
        using var log = new MetricLog();
        var (observations, random) = (new float[400 * 21], RandomStream.Create(4));
        foreach (ref var bit in observations.AsSpan()) { bit = random.NextInt32(2); }
        float[] first = new float[400], later = new float[400];
        agent.Advance(log);
        agent.Policy.Act(observations, 400, first, null);
        // Still before the first update: only the noise has changed.
        agent.Advance(log);
        agent.Policy.Act(observations, 400, later, null);
        Assert.Equal(first, later);
        // Not the same action everywhere, which noise would hardly change.
        Assert.True(first.Distinct().Count() > 2);
    }

    [Fact]
    public void Members_learn_from_their_own_share_of_the_transitions_the_same_after_a_restore()
    {
        var replay = new ReplayBuffer(2_000, 1, 1);
        var store = new BootstrapStore(replay, 5, 0.5, RandomStream.Create(1));
        for (var i = 0; i < 2_000; i++) { store.Add(new Transition(0, [i], [0], 0, [i], false, false)); }
        var restored = new BootstrapStore(new ReplayBuffer(2_000, 1, 1), 5, 0.5, RandomStream.Create(2));
        Bellman.Tests.Environments.MemoryState.Save(store).Load(restored);
        for (var member = 0; member < 5; member++)
        {
            // Five standard deviations of 2,000 fair coins are 112.
            Assert.InRange(Enumerable.Range(0, 2_000).Count(row => store.Includes(row, member)), 888, 1_112);
            Assert.All(Enumerable.Range(0, 2_000), row => Assert.Equal(store.Includes(row, member), restored.Includes(row, member)));
        }
        Assert.Contains(Enumerable.Range(0, 2_000), row => store.Includes(row, 0) != store.Includes(row, 1));
    }
}
