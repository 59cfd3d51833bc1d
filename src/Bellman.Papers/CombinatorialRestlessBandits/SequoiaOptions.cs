using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>How the best action of a network is found.</summary>
public enum SequoiaOracle
{
    /// <summary>By mixed-integer programming: the paper's method.</summary>
    Milp,

    /// <summary>By listing all feasible actions: the same answers where they are few.</summary>
    Enumeration,

    /// <summary>By greedy construction: the "iterative DQN" baseline.</summary>
    Iterative,
}

/// <summary>Options of <see cref="Sequoia"/>.</summary>
public sealed record SequoiaOptions
{
    /// <summary>How actions are found.</summary>
    [Description("milp: mixed-integer programming; enumeration: list all feasible actions; iterative: greedy construction, a baseline.")]
    public SequoiaOracle Oracle { get; init; }

    /// <summary>Widths of the hidden layers.</summary>
    [Description("Widths of the hidden ReLU layers; every unit is a binary of the program.")]
    [Range(1, 1024)]
    public int[] Hidden { get; init; } = [8, 8];

    /// <summary>Discount.</summary>
    [Description("Discount of the next state's value.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Gamma { get; init; } = 0.9;

    /// <summary>AdamW's step size.</summary>
    [Description("AdamW's step size, in pre-training (where it falls by a tenth an epoch) and in Q-learning.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Samples of the pre-training on one-step rewards.</summary>
    [Description("Samples of the pre-training on one-step rewards.")]
    [Range(32, 10_000_000)]
    public int PretrainingSamples { get; init; } = 4000;

    /// <summary>Epochs of the pre-training.</summary>
    [Description("Passes over them.")]
    [Range(1, 10_000)]
    public int PretrainingEpochs { get; init; } = 60;

    /// <summary>Episodes of Q-learning.</summary>
    [Description("Episodes of Q-learning; 0 leaves the pre-trained network.")]
    [Range(0, 1_000_000)]
    public int Episodes { get; init; } = 40;

    /// <summary>Steps of an episode.</summary>
    [Description("Steps of an episode.")]
    [Range(1, 100_000)]
    public int Horizon { get; init; } = 15;

    /// <summary>Transitions of an update.</summary>
    [Description("Transitions of an update; each new state among them costs a program.")]
    [Range(1, 4096)]
    public int BatchSize { get; init; } = 16;

    /// <summary>Updates between copies into the target network.</summary>
    [Description("Updates between copies into the target network; 0 never copies: it stays the pre-trained network, as in effect in the released code.")]
    [Range(0, 1_000_000)]
    public int TargetEvery { get; init; } = 100;

    /// <summary>Whether the learning rate falls by a tenth an episode.</summary>
    [Description("Let the learning rate fall by a tenth an episode, as the released code does.")]
    public bool DecayLearningRate { get; init; }

    /// <summary>Actions over which exploration falls.</summary>
    [Description("Actions over which exploration falls: 0.05 + 0.85 exp(-n / this).")]
    [Range(1.0, 1e9)]
    public double ExplorationDecay { get; init; } = 333;

    /// <summary>Whether replay is prioritised.</summary>
    [Description("Draw transitions by their errors instead of evenly.")]
    public bool Prioritised { get; init; } = true;

    /// <summary>Whether training solves with the budget alone.</summary>
    [Description("Walks only: solve with the budget alone while training, as the released code does, and with the walk when acting afterwards.")]
    public bool RelaxedTrainingConstraints { get; init; }

    /// <summary>Relative gap of a program.</summary>
    [Description("Relative gap at which an action is good enough.")]
    [Range(0.0, 1.0)]
    public double Gap { get; init; } = 0.02;

    /// <summary>Seconds of a program.</summary>
    [Description("Seconds after which a program's best action so far is taken.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double TimeLimit { get; init; } = 5;

    /// <summary>The constants of units.</summary>
    [Description("Constants that switch units off: intervals, or the released 100,000.")]
    public BigM BigM { get; init; }

    /// <summary>The released program's settings: a target that never moves and a decaying learning rate.</summary>
    public static SequoiaOptions OfficialCode => new() { TargetEvery = 0, DecayLearningRate = true };

    /// <summary>epsilon after n actions: 0.05 + 0.85 e^(-n / decay).</summary>
    public double Exploration(long actions) => 0.05 + 0.85 * Math.Exp(-actions / ExplorationDecay);
}
