using Bellman.Experiments;

namespace Bellman.Papers.Foundations;

/// <summary>Every arm of the foundations: one record each. Options were calibrated on seeds from 100 on, never on the reported ones.</summary>
public static class FoundationsArms
{
    private static readonly FoundationsTask CartPole = new("cartpole", "CartPole-v1", 475);
    // Going right all the way returns 0.99, anything else at most 0.
    private static readonly FoundationsTask DeepSea = new("deepsea", "DeepSea-v0?size=20", 0.9);
    // The shortest way returns -4 on average and a failure -10: -5 leaves room for at most one failure in six.
    private static readonly FoundationsTask BitFlipping = new("bitflipping", "BitFlipping-v0?bits=10", -5);

    /// <summary>The arms, task by task.</summary>
    public static IReadOnlyList<FoundationsArm> All { get; } =
    [
        new("ppo", "PPO with its defaults on CartPole-v1", CartPole, "ppo", 100_000) { SmokeSteps = 20_000 },
        new("dqn", "Double DQN with its defaults on CartPole-v1", CartPole, "dqn", 100_000) { Share = 0.8 },
        new("c51", "C51, a categorical distribution of returns, on CartPole-v1", CartPole, "c51", 100_000)
        {
            Options = ["hidden=64,64", "atoms=31", "minimumReturn=0", "maximumReturn=100"],
            Share = 0.8,
        },
        new("qr-dqn", "QR-DQN, quantiles of returns, on CartPole-v1", CartPole, "qr-dqn", 100_000)
        {
            Options = ["hidden=64,64", "quantiles=16"],
            Share = 0.8,
        },
        new("rainbow", "Rainbow, all extensions of DQN together, on CartPole-v1", CartPole, "rainbow", 100_000)
        {
            Options = ["hidden=64,64", "atoms=31", "minimumReturn=0", "maximumReturn=100", "trainEvery=4"],
            Share = 0.8,
        },
        new("bootstrapped-dqn", "Bootstrapped DQN with randomised priors on DeepSea of size 20, 2,000 episodes", DeepSea, "bootstrapped-dqn", 40_000)
        {
            StopWhenSolved = true,
        },
        new("dqn-deepsea", "Double DQN with epsilon-greedy exploration on DeepSea of size 20, 2,000 episodes", DeepSea, "dqn", 40_000)
        {
            Options = ["hidden=32,32"],
            Requirement = FoundationsRequirement.FailsToSolve,
            Kind = ArmKind.Baseline,
            StopWhenSolved = true,
        },
        new("her", "Double DQN with hindsight replay (future, k = 4) flips ten bits", BitFlipping, "dqn", 20_000)
        {
            Options = ["hidden=128", "gamma=0.98", "hindsight=future"],
        },
        new("dqn-bitflipping", "The same DQN without hindsight", BitFlipping, "dqn", 20_000)
        {
            Options = ["hidden=128", "gamma=0.98"],
            Requirement = FoundationsRequirement.FailsToSolve,
            Kind = ArmKind.Baseline,
        },
    ];

    /// <summary>The arm with this name.</summary>
    public static FoundationsArm Find(string name) => All.First(arm => arm.Name == name);
}
