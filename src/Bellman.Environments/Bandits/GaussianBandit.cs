namespace Bellman.Environments;

/// <summary>
/// <c>GaussianBandit-v0</c>: means from N(0, 1), rewards from N(mean, deviation^2) (the testbed of Sutton and Barto, section 2.3).
/// </summary>
public sealed class GaussianBandit : KArmedBandit
{
    private readonly double deviation;

    /// <summary>The ten-armed testbed.</summary>
    public GaussianBandit() : this(new GaussianBanditOptions()) { }

    /// <summary>Arms as <paramref name="options"/> say.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public GaussianBandit(GaussianBanditOptions options) : base(OptionSet.Validated(options, "GaussianBandit")) => deviation = options.Deviation;

    /// <inheritdoc/>
    protected override double DrawMean(RandomStream random) => random.NextGaussian();

    /// <inheritdoc/>
    protected override double DrawReward(double mean, RandomStream random) => mean + deviation * random.NextGaussian();
}
