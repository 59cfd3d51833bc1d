using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Algorithms;

namespace Bellman.Papers.InterventionRl;

/// <summary>Which transitions of an episode are stored.</summary>
public enum InterventionStore
{
    /// <summary>All: the expert's too, and the last one with its true mask.</summary>
    All,

    /// <summary>What the released program stores: an expert's actions but the last, and the last transition of an episode, are dropped.</summary>
    Code,
}

/// <summary>Which transitions are worth -1.</summary>
public enum InterventionLabel
{
    /// <summary>The one before the expert's first action.</summary>
    Before,

    /// <summary>All of the expert's. Wrong: it teaches to avoid what the expert does, not what made it take over.</summary>
    ExpertSteps,
}

/// <summary>Options of <see cref="Rlif"/>.</summary>
public sealed record RlifOptions : RlpdOptions
{
    /// <summary>m.</summary>
    [Description("Steps that an intervention lasts, m; longer ones show more of what the expert does and ask it more.")]
    [Range(1, 1_000_000)]
    public int TakeOverSteps { get; init; } = 4;

    /// <summary>What is stored.</summary>
    [Description("Transitions stored: all, or code, as the released program (no interior expert actions, no last transition)")]
    public InterventionStore Store { get; init; }

    /// <summary>What is worth -1.</summary>
    [Description("Transitions worth -1: before (the one that led to an intervention) or expertSteps, which is wrong and is here to be compared with")]
    public InterventionLabel Label { get; init; }

    /// <summary>Whether the refused proposal is stored too.</summary>
    [Description("Whether the action that the expert did not let happen is stored too, worth -1 and ending there (label = current)")]
    public bool LabelCurrent { get; init; }
}
