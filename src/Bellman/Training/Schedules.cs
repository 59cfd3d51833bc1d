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

/// <summary>Multiplied by a factor every S steps, smoothly, but never below a minimum: v = max(minimum, a f^(s/S)).</summary>
public sealed class ExponentialSchedule : ISchedule
{
    private readonly double start;
    private readonly double factor;
    private readonly long steps;
    private readonly double minimum;

    /// <summary>From <paramref name="start"/>, multiplied by <paramref name="factor"/> (above 0) every <paramref name="steps"/> steps, at least 1.</summary>
    public ExponentialSchedule(double start, double factor, long steps, double minimum = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        (this.start, this.factor, this.steps, this.minimum) = (start, factor, steps, minimum);
    }

    /// <inheritdoc/>
    public double Value(long step) => Math.Max(minimum, start * Math.Pow(factor, (double)step / steps));
}

/// <summary>Straight lines between points; constant before the first and after the last.</summary>
public sealed class PiecewiseLinearSchedule : ISchedule
{
    private readonly (long Step, double Value)[] points;

    /// <summary>A schedule through <paramref name="points"/>, at least one, in ascending order of their steps.</summary>
    /// <exception cref="ArgumentException">There are none, or a step does not come after the one before it.</exception>
    public PiecewiseLinearSchedule(params (long Step, double Value)[] points)
    {
        if (points.Length == 0) { throw new ArgumentException("A schedule needs at least one point.", nameof(points)); }
        for (var i = 1; i < points.Length; i++)
        {
            if (points[i].Step <= points[i - 1].Step)
            {
                throw new ArgumentException($"The points of a schedule ascend; step {points[i].Step} follows {points[i - 1].Step}.", nameof(points));
            }
        }
        this.points = [.. points];
    }

    /// <inheritdoc/>
    public double Value(long step)
    {
        if (step <= points[0].Step) { return points[0].Value; }
        for (var i = 1; i < points.Length; i++)
        {
            if (step < points[i].Step)
            {
                var (left, right) = (points[i - 1], points[i]);
                return left.Value + (right.Value - left.Value) * (step - left.Step) / (right.Step - left.Step);
            }
        }
        return points[^1].Value;
    }
}
