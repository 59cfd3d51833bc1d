namespace Bellman;

/// <summary>A number that depends on how far a run is.</summary>
public interface ISchedule
{
    /// <summary>The value at a step.</summary>
    double Value(long step);
}

/// <summary>Always the same.</summary>
public sealed class ConstantSchedule(double value) : ISchedule
{
    /// <inheritdoc/>
    public double Value(long step) => value;
}

/// <summary>From a to b over S steps, then b: v = a + (b - a) min(1, s/S).</summary>
public sealed class LinearSchedule : ISchedule
{
    private readonly double start;
    private readonly double end;
    private readonly long steps;

    /// <summary>From <paramref name="start"/> to <paramref name="end"/> over <paramref name="steps"/> steps, at least 1.</summary>
    public LinearSchedule(double start, double end, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        (this.start, this.end, this.steps) = (start, end, steps);
    }

    /// <inheritdoc/>
    public double Value(long step) => start + (end - start) * Math.Min(1, (double)step / steps);
}

/// <summary>
/// Linear warm-up, then half a cosine: peak s/w, then minimum + (peak - minimum)(1 + cos(pi (s - w)/(T - w)))/2, then minimum.
/// </summary>
public sealed class CosineSchedule : ISchedule
{
    private readonly double peak;
    private readonly double minimum;
    private readonly long warmUp;
    private readonly long steps;

    /// <summary>Rises to <paramref name="peak"/> over <paramref name="warmUp"/> steps and falls to <paramref name="minimum"/> at <paramref name="steps"/>.</summary>
    public CosineSchedule(double peak, double minimum, long warmUp, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmUp);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(steps, warmUp);
        (this.peak, this.minimum, this.warmUp, this.steps) = (peak, minimum, warmUp, steps);
    }

    /// <inheritdoc/>
    public double Value(long step) => step < warmUp
        ? peak * step / warmUp
        : minimum + (peak - minimum) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)(step - warmUp) / (steps - warmUp))));
}
