using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What every actor-critic that learns from replay can be told.</summary>
public abstract record OffPolicyOptions : ReplayOptions
{
    /// <summary>The defaults of the papers: two hidden layers of 256, learning rate 3e-4, gradients as they are.</summary>
    protected OffPolicyOptions()
    {
        Hidden = [256, 256];
        Activation = Activation.Relu;
        MaximumGradientNorm = 1e9;
        BufferSize = 1_000_000;
        BatchSize = 256;
    }

    /// <summary>The critics' step size; null for <see cref="NeuralOptions.LearningRate"/>.</summary>
    [Description("Adam's step size for the critics; none takes learningRate. Often larger than the actor's, up to 1e-3.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double? CriticLearningRate { get; init; }

    /// <summary>Whether the critics' layers are normalised.</summary>
    [Description("Whether each hidden layer of the critics is normalised before its activation; keeps values from running away where many updates are made of few steps.")]
    public bool CriticLayerNorm { get; init; }

    /// <summary>Environment steps before the first update.</summary>
    [Description("Environment steps, taken at random, before the first update; more explore more widely before habits form.")]
    [Range(0, 100_000_000)]
    public int LearningStarts { get; init; } = 5_000;

    /// <summary>Environment steps per round of updates.</summary>
    [Description("Environment steps, over all copies together, per round of updates; larger reuses data less.")]
    [Range(1, 1_000_000)]
    public int TrainEvery { get; init; } = 1;

    /// <summary>Updates of a round.</summary>
    [Description("Updates of a round; updatesPerRound / trainEvery is the update-to-data ratio. Larger learns more from each step, until it learns the critics' errors.")]
    [Range(1, 1_000_000)]
    public int UpdatesPerRound { get; init; } = 1;

    /// <summary>Steps of a window.</summary>
    [Description("Steps whose rewards are summed before bootstrapping, n; larger spreads rewards faster and strays further from the policy.")]
    [Range(1, 1_000)]
    public int MultiStep { get; init; } = 1;

    /// <summary>Goals of hindsight replay.</summary>
    [Description("Hindsight replay for tasks with goals: none, or goals achieved in the future of a transition, at the final step, or in its episode.")]
    public HindsightStrategy Hindsight { get; init; } = HindsightStrategy.None;

    /// <summary>Goals per transition.</summary>
    [Description("Goals in hindsight per transition, k; more learn more from each episode and dilute what really happened.")]
    [Range(1, 100)]
    public int HindsightGoals { get; init; } = 4;

    /// <summary>Share by which targets follow.</summary>
    [Description("Share of the way that the target networks move to the learned ones after an update; larger is faster and less steady.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Tau { get; init; } = 0.005;

    /// <summary>The step size that critics use.</summary>
    internal double CriticStepSize => CriticLearningRate ?? LearningRate;
}

/// <summary>What actor-critics over bounded continuous actions can be told besides.</summary>
public abstract record ContinuousControlOptions : OffPolicyOptions
{
    /// <summary>Kind of the noise added to actions while exploring.</summary>
    [Description("Noise added to actions while collecting: none, gaussian (a fresh draw a step) or ornsteinUhlenbeck (drifts, for actions that must persist to matter).")]
    public ExplorationNoise Noise { get; init; }

    /// <summary>Size of that noise.</summary>
    [Description("Deviation of that noise for actions in [-1, 1]; larger explores more and follows the policy less.")]
    [Range(0.0, 100.0)]
    public double NoiseScale { get; init; } = 0.1;

    /// <summary>Rate at which drifting noise returns to zero.</summary>
    [Description("Rate at which ornsteinUhlenbeck noise returns to zero, theta; smaller drifts longer.")]
    [Range(0.0, 100.0)]
    public double NoiseReversion { get; init; } = 0.15;

    /// <summary>Time step of drifting noise.</summary>
    [Description("Time step of ornsteinUhlenbeck noise, dt; larger moves it more per step.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double NoiseTimeStep { get; init; } = 0.01;
}
