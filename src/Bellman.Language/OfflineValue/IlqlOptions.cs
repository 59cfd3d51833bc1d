using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How ILQL learns and decodes.</summary>
public sealed record IlqlOptions
{
    /// <summary>tau.</summary>
    [Description("Expectile of V: .5 is the value of whoever gave the responses, towards 1 that of the best responses seen.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double Tau { get; init; } = 0.7;

    /// <summary>gamma.</summary>
    [Description("Discount a token.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Weight of the conservative term.</summary>
    [Description("Weight of the conservative term, which keeps Q low where nobody went; 1e-4 to 1.")]
    [Range(0.0, 1e6)]
    public double Conservative { get; init; } = 0.01;

    /// <summary>Weight of advantages in the language-model loss.</summary>
    [Description("Imitation weighs tokens by exp(beta (Q - V)); 0 imitates all alike.")]
    [Range(0.0, 1e6)]
    public double Beta { get; init; }

    /// <summary>How fast targets follow.</summary>
    [Description("How fast the target networks follow, a step.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TargetRate { get; init; } = 0.005;

    /// <summary>beta_adv of decoding.</summary>
    [Description("Decoding draws from pi exp(steer (Q - V)): 1 to 16 goes ever further for reward.")]
    [Range(0.0, 1e6)]
    public double Steer { get; init; } = 4;

    /// <summary>Whether decoding only avoids.</summary>
    [Description("Decoding counts only advantages below 0: it avoids what is bad and does not chase what looks good.")]
    public bool ClipAtZero { get; init; }
}
