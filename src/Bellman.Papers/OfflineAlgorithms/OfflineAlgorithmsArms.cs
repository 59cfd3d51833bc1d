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
    private static readonly string[] Small = ["hidden=64,64", "batchSize=128", "normalizeObservations=true"];

    // Policies that follow slower than values: with one step size for both, implicit Q-learning fell apart on seeds 100 and 101.
    private static readonly string[] Slow = [.. Small, "learningRate=3e-4", "criticLearningRate=1e-3", "tau=0.01"];

    private static readonly OfflineLearner DecisionTransformer = new("decision-transformer", ["hidden=32,32", "context=5", "learningRate=1e-3", "warmUp=200"], 1_000);

    private static readonly OfflineLearner[] Continuous =
    [
        new("bc", [.. Small, "learningRate=3e-4"]),
        new("td3-bc", [.. Small, "learningRate=1e-3", "tau=0.01"]),
        new("iql", [.. Slow, "rewards=unitRange"], 10_000),
        new("cql", [.. Slow, "draws=4"]),
        new("awac", [.. Slow, "rewards=unitRange", "inverseTemperature=3"]),
        DecisionTransformer,
    ];

    private static readonly OfflineLearner[] Discrete =
    [
        new("bc", [.. Small, "learningRate=3e-4"], 10_000),
        new("iql", Slow, 10_000),
        new("cql", [.. Small, "learningRate=1e-3", "tau=0.01"], 10_000),
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
