using Bellman.Experiments;

namespace Bellman.Papers.Foundations;

/// <summary>Every arm of the foundations: one record each. Options were calibrated on seeds from 100 on, never on the reported ones.</summary>
public static class FoundationsArms
{
    private static readonly FoundationsTask CartPole = new("cartpole", "CartPole-v1", 475);
    private static readonly FoundationsTask NoVelocity = new("cartpole-no-velocity", "CartPoleNoVelocity-v1", 450);
    private static readonly FoundationsTask DoorKey = new("doorkey", "MiniGrid-DoorKey-5x5-v0", 0.9);
    // Going right all the way returns 0.99, anything else at most 0.
    private static readonly FoundationsTask DeepSea = new("deepsea", "DeepSea-v0?size=20", 0.9);
    // The shortest way returns -4 on average and a failure -10: -5 leaves room for at most one failure in six.
    private static readonly FoundationsTask BitFlipping = new("bitflipping", "BitFlipping-v0?bits=10", -5);
    private static readonly FoundationsTask MountainCar = new("mountaincar", "MountainCarContinuous-v0", 90);
    private static readonly FoundationsTask Pendulum = new("pendulum", "Pendulum-v1", -200) { SelectionEpisodes = 100 };

    // Two layers of 64 are enough for three observed numbers and one action, and a sixth of the papers' cost.
    private static readonly string[] SmallReplay = ["hidden=64,64", "batchSize=128", "learningRate=1e-3", "learningStarts=1000", "bufferSize=20000"];

    /// <summary>The arms, task by task.</summary>
    public static IReadOnlyList<FoundationsArm> All { get; } =
    [
        new("ppo", "PPO with its defaults on CartPole-v1", CartPole, "ppo", 100_000) { SmokeSteps = 20_000 },
        new("a2c", "A2C with its defaults on CartPole-v1", CartPole, "a2c", 300_000) { Share = 0.8 },
        new("reinforce", "REINFORCE with a baseline, its defaults, on CartPole-v1", CartPole, "reinforce", 200_000) { Share = 0.8 },
        new("recurrent-ppo", "PPO with an LSTM, its defaults, on CartPole without velocities", NoVelocity, "recurrent-ppo", 500_000) { Share = 0.8 },
        new("ppo-no-velocity", "PPO without memory on CartPole without velocities", NoVelocity, "ppo", 500_000)
        {
            Requirement = FoundationsRequirement.FailsToSolve,
            Kind = ArmKind.Baseline,
        },
        new("ppo-doorkey", "PPO with its defaults fetches a key, opens a door and reaches the goal", DoorKey, "ppo", 300_000),
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
            Selections = 10,
        },
        new("dqn-bitflipping", "The same DQN without hindsight", BitFlipping, "dqn", 20_000)
        {
            Options = ["hidden=128", "gamma=0.98"],
            Selections = 10,
            Requirement = FoundationsRequirement.FailsToSolve,
            Kind = ArmKind.Baseline,
        },
        new("discrete-sac", "Discrete soft actor-critic on CartPole-v1", CartPole, "discrete-sac", 20_000)
        {
            Options = [.. SmallReplay, "targetEntropy=0.3", "temperature=0.1", "tau=0.01"],
            Requirement = FoundationsRequirement.Reported,
        },
        new("sac", "Soft actor-critic on Pendulum-v1", Pendulum, "sac", 20_000) { Options = SmallReplay, Selections = 20 },
        new("td3", "TD3 on Pendulum-v1", Pendulum, "td3", 20_000) { Options = SmallReplay, Selections = 20 },
        new("ddpg", "DDPG on Pendulum-v1", Pendulum, "ddpg", 20_000)
        {
            Options = SmallReplay,
            Requirement = FoundationsRequirement.Reported,
            Kind = ArmKind.Baseline,
            Selections = 20,
        },
        new("sac-mountain-car", "Soft actor-critic with drifting noise on MountainCarContinuous-v0", MountainCar, "sac", 15_000)
        {
            Options =
            [
                "hidden=64,64", "batchSize=128", "learningRate=1e-3", "learningStarts=500", "bufferSize=50000", "gamma=0.999", "tau=0.01",
                "noise=ornsteinUhlenbeck", "noiseScale=0.5", "noiseTimeStep=1",
            ],
            Selections = 20,
        },
        new("cma-es", "CMA-ES over a linear policy on CartPole-v1", CartPole, "cma-es", 100_000) { SmokeSteps = 5_000 },
        new("openai-es", "OpenAI-ES over a linear policy on CartPole-v1, 40 candidates and far fewer than 200 generations", CartPole, "openai-es", 400_000) { SmokeSteps = 5_000 },
    ];

    /// <summary>The arm with this name.</summary>
    public static FoundationsArm Find(string name) => All.First(arm => arm.Name == name);
}
