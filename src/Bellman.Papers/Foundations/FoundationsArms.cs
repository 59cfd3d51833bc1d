namespace Bellman.Papers.Foundations;

/// <summary>Every arm of the foundations: one record each. Options were calibrated on seeds from 100 on, never on the reported ones.</summary>
public static class FoundationsArms
{
    private static readonly FoundationsTask CartPole = new("cartpole", "CartPole-v1", 475);

    /// <summary>The arms, task by task.</summary>
    public static IReadOnlyList<FoundationsArm> All { get; } =
    [
        new("ppo", "PPO with its defaults on CartPole-v1", CartPole, "ppo", 100_000) { SmokeSteps = 20_000 },
        new("dqn", "Double DQN with its defaults on CartPole-v1", CartPole, "dqn", 100_000) { Share = 0.8 },
    ];

    /// <summary>The arm with this name.</summary>
    public static FoundationsArm Find(string name) => All.First(arm => arm.Name == name);
}
