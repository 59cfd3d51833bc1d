using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Reinforce"/>.</summary>
public sealed record ReinforceOptions : ActorCriticOptions
{
    /// <summary>Defaults that suit small tasks.</summary>
    public ReinforceOptions() => LearningRate = 3e-3;

    /// <summary>Episodes of an update.</summary>
    [Description("Episodes of an update, dealt to the copies in advance; more have less noise and make updates rarer.")]
    [Range(1, 100_000)]
    public int Episodes { get; init; } = 8;

    /// <summary>Whether a learnt value is subtracted from the returns.</summary>
    [Description("Subtract a learnt value of the state from the return: less noise, the same direction in the mean.")]
    public bool Baseline { get; init; } = true;

    /// <summary>Steps after which an episode is cut.</summary>
    [Description("Steps after which an episode is cut; the baseline's value stands for the rest, without one nothing does.")]
    [Range(1, 10_000_000)]
    public int LongestEpisode { get; init; } = 10_000;
}
