using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>
/// The soft overlong punishment of DAPO: 0 up to L - C tokens, then (L - C - n) / C, and -1 beyond L; it replaces the noise of
/// punishing cut responses outright.
/// </summary>
public sealed record OverlongShaping
{
    /// <summary>L.</summary>
    [Description("Length from which the punishment is whole, in tokens.")]
    [Range(1, 100_000_000)]
    public int MaximumTokens { get; init; } = 20_480;

    /// <summary>C.</summary>
    [Description("Tokens before the maximum over which the punishment grows.")]
    [Range(1, 100_000_000)]
    public int Buffer { get; init; } = 4_096;

    /// <summary>What is added to the reward of a response of <paramref name="length"/> tokens: from -1 to 0.</summary>
    public double Reward(int length) =>
        length <= MaximumTokens - Buffer ? 0 : length > MaximumTokens ? -1 : (MaximumTokens - Buffer - length) / (double)Buffer;
}
