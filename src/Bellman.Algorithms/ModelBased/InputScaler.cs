namespace Bellman.Algorithms;

/// <summary>Brings a model's inputs to mean 0 and deviation 1 over the data it was fitted on: clip((x - μ)/σ, -10, 10), σ = 1 where nothing varies.</summary>
public sealed class InputScaler : IStateful
{
    private const double Clip = 10;
    private const double SmallestDeviation = 1e-12;

    private readonly double[] mean;
    private readonly double[] deviation;

    /// <summary>Changes nothing until it is fitted.</summary>
    public InputScaler(int size)
    {
        mean = new double[size];
        deviation = new double[size];
        Array.Fill(deviation, 1);
    }

    /// <summary>Takes mean and deviation of [rows, size].</summary>
    public void Fit(ReadOnlySpan<float> rows)
    {
        var moments = new RunningMoments(mean.Length);
        moments.Update(rows);
        for (var i = 0; i < mean.Length; i++) { (mean[i], deviation[i]) = (moments.Mean[i], moments.Deviation(i) < SmallestDeviation ? 1 : moments.Deviation(i)); }
    }

    /// <summary>Scales [rows, size].</summary>
    public void Scale(ReadOnlySpan<float> rows, Span<float> scaled)
    {
        for (var start = 0; start < rows.Length; start += mean.Length)
        {
            for (var i = 0; i < mean.Length; i++) { scaled[start + i] = (float)Math.Clamp((rows[start + i] - mean[i]) / deviation[i], -Clip, Clip); }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(mean), mean);
        state.Array<double>(nameof(deviation), deviation);
    }
}
