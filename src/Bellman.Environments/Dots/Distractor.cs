namespace Bellman.Environments.Dots;

/// <summary>
/// Hides an observation among what no action changes: a point q that flies through the unit square and bounces off its sides is mixed in,
/// o = [observation, gain (q - 0.5)] R + noise, R fixed with entries N(0, 1)/2. For environments whose observations are a vector.
/// </summary>
public sealed class Distractor : EnvironmentWrapper
{
    private readonly DistractorOptions options;
    private readonly float[] mixing;
    private readonly float[] inner;
    private readonly double[] position = [0.5, 0.5];
    private readonly double[] velocity = [0, 0];

    /// <summary>Hides the observations of <paramref name="environment"/>.</summary>
    /// <exception cref="UsageException">An option is out of range, or the observations are not a vector.</exception>
    public Distractor(IEnvironment environment, DistractorOptions options) : base(environment)
    {
        this.options = OptionSet.Validated(options, "Distractor");
        if (environment.ObservationSpace is not Box { Shape.Count: 1 } box) { throw new UsageException($"A distractor is mixed into observations that are a vector; this environment's are {environment.ObservationSpace}. For pictures take MovingBackground."); }
        inner = new float[box.Size];
        mixing = new float[(box.Size + 2) * options.Size];
        var random = RandomStream.Create((ulong)options.Mixing, "distractor mixing");
        foreach (ref var entry in mixing.AsSpan()) { entry = (float)(random.NextGaussian() / 2); }
        ObservationSpace = new Box(float.NegativeInfinity, float.PositiveInfinity, options.Size);
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    /// <summary>q, [2].</summary>
    public ReadOnlySpan<double> Position => position;

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, inner);
        for (var i = 0; i < 2; i++) { (position[i], velocity[i]) = (random.NextDouble(), options.Speed * random.NextGaussian()); }
        Write(random, observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, inner);
        for (var i = 0; i < 2; i++)
        {
            // q' = q + d; a component that leaves [0, 1] turns round and is clipped.
            var moved = position[i] + velocity[i];
            if (moved is < 0 or > 1) { velocity[i] = -velocity[i]; }
            position[i] = Math.Clamp(moved, 0, 1);
        }
        Write(random, observation);
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(position), position);
        state.Array<double>(nameof(velocity), velocity);
        base.Exchange(state);
    }

    private void Write(RandomStream random, Span<float> observation)
    {
        for (var k = 0; k < options.Size; k++)
        {
            var sum = options.Noise * random.NextGaussian();
            for (var i = 0; i < inner.Length; i++) { sum += inner[i] * mixing[i * options.Size + k]; }
            for (var i = 0; i < 2; i++) { sum += options.Gain * (position[i] - 0.5) * mixing[(inner.Length + i) * options.Size + k]; }
            observation[k] = (float)sum;
        }
    }
}
