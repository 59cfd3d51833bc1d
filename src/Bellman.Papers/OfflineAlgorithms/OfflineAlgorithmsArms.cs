using Bellman.Experiments;

namespace Bellman.Papers.OfflineAlgorithms;

/// <summary>Data that the product's generator records.</summary>
/// <param name="Name">Its name in arms: lower-case letters and hyphens.</param>
/// <param name="Environment">Where it is recorded.</param>
/// <param name="Quality">How good the play is.</param>
public sealed record RecordedTask(string Name, string Environment, Algorithms.DataQuality Quality);

/// <summary>An offline algorithm with the options that differ from its defaults.</summary>
/// <param name="Name">Its name in the registry.</param>
/// <param name="Options">As on the command line.</param>
/// <param name="Updates">What it is trained for.</param>
internal sealed record OfflineLearner(string Name, string[] Options, int Updates = 5_000);

/// <summary>Every arm: learners on tasks. Options were calibrated on seeds from 100 on, never on the reported ones.</summary>
internal static class OfflineAlgorithmsArms
{
    /// <summary>What values are for: a third random, a third medium, a third expert play; and what they are not needed for: medium play alone.</summary>
    public static readonly RecordedTask PendulumMixed = new("pendulum-mixed", "Pendulum-v1", Algorithms.DataQuality.Mixed), PendulumMedium = new("pendulum-medium", "Pendulum-v1", Algorithms.DataQuality.Medium),
        PoleMixed = new("cartpole-mixed", "CartPole-v1", Algorithms.DataQuality.Mixed), PoleMedium = new("cartpole-medium", "CartPole-v1", Algorithms.DataQuality.Medium);

    // Two layers of 64 are enough for a few observed numbers, and a sixth of the papers' cost.
    private static readonly string[] Small = ["hidden=64,64", "batchSize=128", "learningRate=1e-3", "normalizeObservations=true"];

    private static readonly OfflineLearner DecisionTransformer = new("decision-transformer", ["hidden=32,32", "context=5", "learningRate=1e-3", "warmUp=200"], 2_000);

    private static readonly OfflineLearner[] Continuous =
    [
        new("bc", Small),
        new("td3-bc", [.. Small, "tau=0.01"]),
        new("iql", [.. Small, "tau=0.01", "expectile=0.9", "inverseTemperature=10", "rewards=unitRange"]),
        new("cql", [.. Small, "tau=0.01", "draws=4"]),
        new("awac", [.. Small, "tau=0.01"]),
        DecisionTransformer,
    ];

    private static readonly OfflineLearner[] Discrete =
    [
        new("bc", Small),
        new("iql", [.. Small, "tau=0.01", "expectile=0.9", "inverseTemperature=10"]),
        new("cql", [.. Small, "tau=0.01", "conservatism=1"]),
        DecisionTransformer,
    ];

    /// <summary>The tasks.</summary>
    public static IReadOnlyList<RecordedTask> Tasks { get; } = [PendulumMedium, PendulumMixed, PoleMedium, PoleMixed];

    /// <summary>The arms.</summary>
    public static IReadOnlyList<Arm> All { get; } =
        [.. from task in Tasks
            from learner in LearnersOf(task)
            select new Arm(NameOf(task, learner.Name), $"{learner.Name} on {task.Quality.ToString().ToLowerInvariant()} data of {task.Environment}.", learner.Name == "bc" ? ArmKind.Baseline : ArmKind.Method) { Task = task.Name }];

    /// <summary>An arm's name.</summary>
    public static string NameOf(RecordedTask task, string algorithm) => $"{task.Name}-{algorithm}";

    /// <summary>What an arm is.</summary>
    public static (RecordedTask Task, OfflineLearner Learner) Find(string arm) => (
        from task in Tasks
        from learner in LearnersOf(task)
        where NameOf(task, learner.Name) == arm
        select (task, learner)).First();

    private static OfflineLearner[] LearnersOf(RecordedTask task) => task.Environment == PoleMixed.Environment ? Discrete : Continuous;
}
