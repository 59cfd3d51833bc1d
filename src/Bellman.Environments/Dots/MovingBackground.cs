namespace Bellman.Environments.Dots;

/// <summary>
/// Puts a procedural film behind a picture: three plane waves that drift, the same in all colours, drawn anew for each episode and changed by no action.
/// Where the picture is dark it shows through. For environments whose observations are one picture [height, width, channels] with finite bounds.
/// </summary>
public sealed class MovingBackground : EnvironmentWrapper
{
    private const int Waves = 3;
    private const int Numbers = 4;

    private readonly Box box;
    private readonly double brightness;
    // [waves, 4]: wave numbers along rows and columns, phase, phase per step.
    private readonly double[] waves = new double[Waves * Numbers];

    /// <summary>Puts the film behind the pictures of <paramref name="inner"/>.</summary>
    /// <param name="inner">An environment that shows pictures.</param>
    /// <param name="brightness">Of the film where the picture is black, as a share of its range, 0 to 1.</param>
    /// <exception cref="UsageException">The observations are no picture, or the brightness is out of range.</exception>
    public MovingBackground(IEnvironment inner, double brightness) : base(inner)
    {
        box = inner.ObservationSpace is Box { Shape.Count: 3, IsBounded: true } picture ? picture
            : throw new UsageException($"A moving background is put behind pictures [height, width, channels] with finite bounds; this environment shows {inner.ObservationSpace}. For vectors take Distractor.");
        if (!(brightness is >= 0 and <= 1)) { throw new UsageException($"The background's brightness is {brightness}; it must be from 0 to 1."); }
        this.brightness = brightness;
    }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, observation);
        for (var wave = 0; wave < Waves; wave++)
        {
            var angle = random.NextUniform(0, 2 * Math.PI);
            var number = random.NextUniform(0.5, 2) * 2 * Math.PI;
            waves[wave * Numbers] = number * Math.Cos(angle) / box.Shape[0];
            waves[wave * Numbers + 1] = number * Math.Sin(angle) / box.Shape[1];
            waves[wave * Numbers + 2] = random.NextUniform(0, 2 * Math.PI);
            waves[wave * Numbers + 3] = random.NextUniform(-0.6, 0.6);
        }
        Draw(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation);
        for (var wave = 0; wave < Waves; wave++) { waves[wave * Numbers + 2] += waves[wave * Numbers + 3]; }
        Draw(observation);
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(waves), waves);
        base.Exchange(state);
    }

    private void Draw(Span<float> picture)
    {
        var (width, channels) = (box.Shape[1], box.Shape[2]);
        for (var pixel = 0; pixel < box.Shape[0] * width; pixel++)
        {
            var sum = 0.0;
            for (var wave = 0; wave < Waves; wave++)
            {
                sum += Math.Sin(waves[wave * Numbers] * (pixel / width) + waves[wave * Numbers + 1] * (pixel % width) + waves[wave * Numbers + 2]);
            }
            var film = brightness * (0.5 + 0.5 * sum / Waves);
            for (var channel = 0; channel < channels; channel++)
            {
                var i = pixel * channels + channel;
                var (low, range) = (box.Low[i], box.High[i] - box.Low[i]);
                if (range <= 0) { continue; }
                var share = (picture[i] - low) / range;
                picture[i] = (float)(low + range * (share + (1 - share) * film));
            }
        }
    }
}
