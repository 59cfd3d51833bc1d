namespace Bellman;

/// <summary>
/// Divides rewards by the running standard deviation of the discounted return R = discount R + r, without centring
/// them, and limits them to ±<see cref="Clip"/>.
/// </summary>
public sealed class NormalizeReward : EnvironmentWrapper
{
    private double discounted;

    /// <summary>Scales the rewards of <paramref name="inner"/>.</summary>
    /// <param name="inner">The environment.</param>
    /// <param name="discount">The agent's discount, from 0 to 1.</param>
    /// <param name="clip">Largest magnitude returned.</param>
    public NormalizeReward(IEnvironment inner, double discount = 0.99, double clip = 10) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(discount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(discount, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clip);
        Discount = discount;
        Clip = clip;
    }

    /// <summary>Discount of the running return.</summary>
    public double Discount { get; }

    /// <summary>Largest magnitude returned.</summary>
    public double Clip { get; }

    /// <summary>Statistics of the discounted return.</summary>
    public RunningMoments Moments { get; } = new(1);

    /// <summary>True to stop learning the statistics, as in evaluation.</summary>
    public bool Frozen { get; set; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        discounted = 0;
        base.Reset(random, observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation);
        discounted = Discount * discounted + result.Reward;
        if (!Frozen) { Moments.Update(discounted); }
        if (result.Done) { discounted = 0; }
        // Before two different returns were seen there is no scale to divide by.
        var variance = Moments.Variance(0);
        var scale = variance > 0 ? Math.Sqrt(variance + 1e-8) : 1;
        return result with { Reward = Math.Clamp(result.Reward / scale, -Clip, Clip) };
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(discounted), ref discounted);
        state.Part("moments", Moments);
        base.Exchange(state);
    }
}
