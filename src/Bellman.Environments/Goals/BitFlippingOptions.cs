using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments;

/// <summary>What varies between bit-flipping tasks.</summary>
public sealed record BitFlippingOptions
{
    /// <summary>Bits, n.</summary>
    [Description("bits n, and steps of an episode; a random policy reaches the goal in about one of 2^n / n episodes")]
    [Range(1, 64)]
    public int Bits { get; init; } = 10;
}
