using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments;

/// <summary>What all bandits have.</summary>
public abstract record BanditOptions
{
    /// <summary>Number of arms, unless <see cref="Means"/> says otherwise.</summary>
    [Description("number of arms; ignored when means are given")]
    [Range(1, 100_000)]
    public int Arms { get; init; } = 10;

    /// <summary>Mean reward of each arm; empty to draw them.</summary>
    [Description("mean reward of each arm, e.g. 0.2,0.8; empty draws them")]
    public double[] Means { get; init; } = [];

    /// <summary>Which means are drawn.</summary>
    [Description("which means are drawn; every copy with the same number has the same means")]
    [Range(0, int.MaxValue)]
    public int TaskSeed { get; init; }

    /// <summary>Whether each episode has new means.</summary>
    [Description("whether every episode draws new means, as meta-learning wants")]
    public bool Redraw { get; init; }
}

/// <summary>Arms with normally distributed rewards.</summary>
public sealed record GaussianBanditOptions : BanditOptions
{
    /// <summary>Standard deviation of an arm's rewards.</summary>
    [Description("standard deviation of an arm's rewards around its mean; higher makes arms harder to tell apart")]
    [Range(0.0, 1000.0)]
    public double Deviation { get; init; } = 1;
}

/// <summary>Arms that pay 1 or nothing.</summary>
public sealed record BernoulliBanditOptions : BanditOptions, IValidatableObject
{
    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Means
        .Where(mean => mean is < 0 or > 1)
        .Select(mean => new ValidationResult($"mean {mean} is not a probability; a Bernoulli arm's mean is a number from 0 to 1."));
}
