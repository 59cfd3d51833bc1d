namespace Bellman.Environments;

/// <summary><c>BernoulliBandit-v0</c>: an arm pays 1 with its probability, else 0; probabilities from U(0, 1).</summary>
public sealed class BernoulliBandit : KArmedBandit
{
    /// <summary>Ten arms.</summary>
    public BernoulliBandit() : this(new BernoulliBanditOptions()) { }

    /// <summary>Arms as <paramref name="options"/> say.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public BernoulliBandit(BernoulliBanditOptions options) : base(OptionSet.Validated(options, "BernoulliBandit")) { }

    /// <inheritdoc/>
    protected override double LowestMean => 0;

    /// <inheritdoc/>
    protected override double HighestMean => 1;

    /// <inheritdoc/>
    protected override double DrawMean(RandomStream random) => random.NextDouble();

    /// <inheritdoc/>
    protected override double DrawReward(double mean, RandomStream random) => random.NextDouble() < mean ? 1 : 0;
}
