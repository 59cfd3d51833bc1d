using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.TokenHiddenReward;

/// <summary>Which tokens of a group keep their advantage.</summary>
public enum KeptTokens
{
    /// <summary>Those whose |THR| is above the threshold (the paper's).</summary>
    Dominant,

    /// <summary>All.</summary>
    All,

    /// <summary>As many as Dominant keeps, drawn by lot (control).</summary>
    Random,

    /// <summary>As many as Dominant keeps, those of the highest entropy.</summary>
    HighestEntropy,
}

/// <summary>What decides whether a token is raised or lowered by p.</summary>
public enum TokenSign
{
    /// <summary>The sign of its THR (the paper's).</summary>
    Score,

    /// <summary>A coin (control: the effect of p must vanish).</summary>
    Coin,
}

/// <summary>Over which tokens of the vocabulary prediction errors are compared.</summary>
public enum ErrorVocabulary
{
    /// <summary>Those that occur in the group's responses, probabilities not renormalised: an approximation for large vocabularies.</summary>
    Group,

    /// <summary>All: exact.</summary>
    Full,
}

/// <summary>Options of the token hidden reward (arXiv 2510.03669).</summary>
public sealed record TokenHiddenRewardOptions
{
    /// <summary>p.</summary>
    [Description("p: above 0 strengthens tokens that raise the likelihood of correct responses (exploitation), below 0 those that lower it (exploration), 0 only filters. 0.1 in the paper, 0.5 for small models.")]
    [Range(-1.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double P { get; init; } = 0.1;

    /// <summary>beta.</summary>
    [Description("beta, the multiple of the least mean THR of a correct response above which |THR| keeps a token; larger keeps fewer.")]
    [Range(0.0, 1e6)]
    public double Beta { get; init; } = 1;

    /// <summary>Which tokens keep their advantage.</summary>
    [Description("Which tokens keep their advantage: dominant by |THR|; all, random and highestEntropy are controls.")]
    public KeptTokens Keep { get; init; } = KeptTokens.Dominant;

    /// <summary>What decides a token's sign.</summary>
    [Description("score, or coin: a control without information.")]
    public TokenSign Sign { get; init; } = TokenSign.Score;

    /// <summary>Leaves a correct response's influence on itself out.</summary>
    [Description("Leave out a correct response's influence on itself. A lone correct response of one token equals its own mean and is otherwise dropped.")]
    public bool ExcludeSelf { get; init; }

    /// <summary>Over which tokens errors are compared.</summary>
    [Description("group compares prediction errors over the tokens that occur in the group's responses, full over all: exact, and dearer for large vocabularies.")]
    public ErrorVocabulary Vocabulary { get; init; } = ErrorVocabulary.Group;

    /// <summary>Divides the loss by the kept tokens instead of all.</summary>
    [Description("Divide the loss by the number of kept tokens instead of all: larger steps when few are kept.")]
    public bool NormaliseByKept { get; init; }

    /// <summary>The reward from which a response is correct.</summary>
    [Description("Responses with at least this reward are correct; none takes the trainer's passThreshold, and asks for one where rewards are not 0 or 1.")]
    public double? CorrectFrom { get; init; }

    /// <summary>Positions computed at once.</summary>
    [Description("Positions whose distributions are computed at once; lower saves memory.")]
    [Range(1, 1_000_000)]
    public int Chunk { get; init; } = 512;
}
