namespace Bellman;

/// <summary>
/// Shows (o - mean) / sqrt(variance + 1e-8), limited to ±<see cref="Clip"/>, with the statistics of everything this
/// copy has observed. Freeze them for evaluation.
/// </summary>
public sealed class NormalizeObservation : EnvironmentWrapper
{
    /// <summary>Normalises the observations of <paramref name="inner"/>, which are a <see cref="Box"/>.</summary>
    /// <exception cref="ArgumentException">The observations are not a Box.</exception>
    public NormalizeObservation(IEnvironment inner, double clip = 10) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clip);
        var box = RequiredBox.Observations(inner, nameof(NormalizeObservation));
        Clip = clip;
        Moments = new RunningMoments(box.Size);
        var (low, high) = (new float[box.Size], new float[box.Size]);
        Array.Fill(low, (float)-clip);
        Array.Fill(high, (float)clip);
        ObservationSpace = new Box(low, high, [.. box.Shape]);
    }

    /// <summary>Largest magnitude shown.</summary>
    public double Clip { get; }

    /// <summary>What has been observed so far.</summary>
    public RunningMoments Moments { get; }

    /// <summary>True to stop learning the statistics, as in evaluation.</summary>
    public bool Frozen { get; set; }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, observation);
        Normalize(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation);
        Normalize(observation);
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Part("moments", Moments);
        base.Exchange(state);
    }

    private void Normalize(Span<float> observation)
    {
        if (!Frozen) { Moments.Update(observation); }
        Moments.Normalize(observation, observation, Clip);
    }
}
