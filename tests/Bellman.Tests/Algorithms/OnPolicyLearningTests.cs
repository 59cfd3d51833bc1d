using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>Learning by outcome of the on-policy family. Each margin is out of reach for the broken variant that its test names.</summary>
public sealed class OnPolicyLearningTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>Advantages of the wrong sign stay at 9.</summary>
    [Fact]
    public void A2c_balances_the_pole() =>
        Assert.True(Learning.Best(new A2c(Environments.MakeVector("CartPole-v1", 16), new A2cOptions(), 0, 100_000), "CartPole-v1", 100_000) >= 300);

    /// <summary>Advantages of the wrong sign stay at 9.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reinforce_balances_the_pole_with_and_without_a_baseline(bool baseline) =>
        Assert.True(Learning.Best(new Reinforce(Environments.MakeVector("CartPole-v1", 1), new ReinforceOptions { Baseline = baseline }, 0, 80_000), "CartPole-v1", 80_000) >= 200);

    /// <summary>A policy without memory is right half of the time, and so is one whose memory is forgotten at every step.</summary>
    [Theory]
    [InlineData(RecurrentCell.Lstm, false)]
    [InlineData(RecurrentCell.Gru, true)]
    public void A_recurrent_policy_answers_what_it_saw_long_ago(RecurrentCell cell, bool shared)
    {
        var options = new PpoOptions { Recurrent = cell, SharedTrunk = shared, RecurrentSize = 16, Hidden = [16], RolloutSteps = 24, LearningRate = 5e-3, Epochs = 4, Minibatches = 2 };
        Assert.True(Learned(options, 16, 20_000) >= 0.95);
    }

    [Fact]
    public void Without_memory_the_same_question_stays_a_guess() =>
        Assert.InRange(Learned(new PpoOptions { Hidden = [16], RolloutSteps = 24, LearningRate = 5e-3, Epochs = 4, Minibatches = 2 }, 16, 20_000), 0.35, 0.65);

    /// <summary>A policy that ignores what it is shown gets about -0.17; one with a wrong gradient less.</summary>
    [Theory]
    [InlineData(ActionDistribution.Gaussian, false)]
    [InlineData(ActionDistribution.TanhGaussian, false)]
    [InlineData(ActionDistribution.Beta, false)]
    [InlineData(ActionDistribution.StateDependent, false)]
    [InlineData(ActionDistribution.StateDependent, true)]
    public void Every_continuous_distribution_follows_the_mark(ActionDistribution distribution, bool shared)
    {
        var options = new PpoOptions { Distribution = distribution, SharedTrunk = shared, RolloutSteps = 32, LearningRate = 3e-3, EntropyCoefficient = 0, NoiseSteps = 4, InitialLogStandardDeviation = -0.7 };
        using var agent = new Ppo(new SynchronousVectorEnvironment(() => new FollowTheMark(), 16), options, 1, 20_000);
        Train(agent, 20_000);
        Assert.True(Evaluation.Run(agent.Policy, () => new FollowTheMark(), 200, 1, cancellation: TestContext.Current.CancellationToken).MeanReturn > -0.03);
    }

    /// <summary>Fails when pictures are not scaled (the first layer saturates) or patches are cut at the wrong place.</summary>
    [Fact]
    public void Convolutions_are_chosen_for_pictures_and_learn_from_them()
    {
        var options = new PpoOptions { SharedTrunk = true, RolloutSteps = 16, Epochs = 3, Minibatches = 2, LearningRate = 5e-4, Engine = Engine.Simd };
        using var agent = new Ppo(new SynchronousVectorEnvironment(() => new BrightHalf(), 16), options, 1, 2_000);
        Train(agent, 2_000);
        Assert.True(Evaluation.Run(agent.Policy, () => new BrightHalf(), 100, 1, cancellation: TestContext.Current.CancellationToken).MeanReturn > 0.95);
    }

    /// <summary>Fails when the factory's trunk is not used: the default one cannot see through the sign.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_trunk_of_one_s_own_is_trained_with_the_heads(bool shared)
    {
        var options = new PpoOptions { SharedTrunk = shared, RolloutSteps = 24, LearningRate = 5e-3, Epochs = 4, Minibatches = 2 };
        using var agent = new Ppo(new SynchronousVectorEnvironment(() => new RememberTheSign(), 16), options, 1, 20_000, new RememberingTrunk());
        Train(agent, 20_000);
        Assert.True(Evaluation.Run(agent.Policy, () => new RememberTheSign(), 200, 1, cancellation: TestContext.Current.CancellationToken).MeanReturn >= 0.95);
    }

    [Fact]
    public void A_trunk_that_reads_something_else_is_refused() =>
        Assert.Contains("reads 5 numbers", Assert.Throws<UsageException>(() => new A2c(Environments.MakeVector("CartPole-v1", 1), new A2cOptions(), 0, 100, new WrongTrunk())).Message, StringComparison.Ordinal);

    private static double Learned(PpoOptions options, int copies, int steps)
    {
        using var agent = new Ppo(new SynchronousVectorEnvironment(() => new RememberTheSign(), copies), options, 1, steps);
        Train(agent, steps);
        return Evaluation.Run(agent.Policy, () => new RememberTheSign(), 200, 1, cancellation: TestContext.Current.CancellationToken).MeanReturn;
    }

    private static void Train(IAgent agent, int steps)
    {
        var sink = new MetricRecorder();
        while (agent.Steps < steps) { agent.Advance(sink); }
    }

    /// <summary>What a user writes: a dense layer and a GRU above it.</summary>
    private sealed class RememberingTrunk : INetworkFactory
    {
        public NetworkPart CreateTrunk(string name, Space observations) => new ChainPart(name,
        [
            new MlpPart($"{name}.dense", new MlpSpecification(observations.FlatSize, [], 16) { OutputActivation = Activation.Tanh }),
            new RecurrentPart($"{name}.memory", RecurrentCell.Gru, 16, 16),
        ]);
    }

    private sealed class WrongTrunk : INetworkFactory
    {
        public NetworkPart CreateTrunk(string name, Space observations) => new MlpPart(name, new MlpSpecification(5, [], 3));
    }
}
