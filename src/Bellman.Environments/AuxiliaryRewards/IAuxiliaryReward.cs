using System.ComponentModel;

namespace Bellman.Environments.AuxiliaryRewards;

/// <summary>
/// A task with two rewards: the primary one, which is what counts, and one that a designer adds in the hope that it guides. Whether it
/// does is not known: it may mislead. Both are those of the last step, whatever the environment itself pays.
/// </summary>
public interface IAuxiliaryReward
{
    /// <summary>r_p of the last step.</summary>
    double PrimaryReward { get; }

    /// <summary>r_aux of the last step.</summary>
    double AuxiliaryReward { get; }
}

/// <summary>What an environment with two rewards pays.</summary>
public enum RewardChoice
{
    /// <summary>r_p.</summary>
    Primary,

    /// <summary>r_p + r_aux, the naive sum.</summary>
    Sum,

    /// <summary>r_aux.</summary>
    Auxiliary,
}

/// <summary>The option that all of them have.</summary>
public abstract record AuxiliaryRewardOptions
{
    /// <summary>What is paid.</summary>
    [Description("what a step pays: primary, sum (primary and auxiliary) or auxiliary")]
    public RewardChoice Reward { get; init; }

    /// <summary>What a step pays.</summary>
    internal double Of(double primary, double auxiliary) => Reward switch
    {
        RewardChoice.Sum => primary + auxiliary,
        RewardChoice.Auxiliary => auxiliary,
        _ => primary,
    };
}
