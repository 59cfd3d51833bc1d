namespace Bellman;

/// <summary>Counts episodes and keeps the returns and lengths of the latest ones.</summary>
public sealed class RecordEpisodeStatistics : EnvironmentWrapper
{
    private readonly double[] returns;
    private readonly int[] lengths;
    private double runningReturn;
    private int runningLength;
    private long episodes;

    /// <summary>Records <paramref name="inner"/>, keeping the last <paramref name="window"/> episodes.</summary>
    public RecordEpisodeStatistics(IEnvironment inner, int window = 100) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        returns = new double[window];
        lengths = new int[window];
    }

    /// <summary>Episodes finished.</summary>
    public long Episodes => episodes;

    /// <summary>Undiscounted return of the episode under way.</summary>
    public double RunningReturn => runningReturn;

    /// <summary>Steps of the episode under way.</summary>
    public int RunningLength => runningLength;

    /// <summary>Return of the episode that finished last; NaN before the first.</summary>
    public double LastReturn => episodes == 0 ? double.NaN : returns[(int)((episodes - 1) % returns.Length)];

    /// <summary>Steps of the episode that finished last; 0 before the first.</summary>
    public int LastLength => episodes == 0 ? 0 : lengths[(int)((episodes - 1) % lengths.Length)];

    /// <summary>Mean return of the kept episodes; NaN before the first.</summary>
    public double MeanReturn
    {
        get
        {
            var kept = (int)Math.Min(episodes, returns.Length);
            var sum = 0.0;
            for (var i = 0; i < kept; i++) { sum += returns[i]; }
            return kept == 0 ? double.NaN : sum / kept;
        }
    }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        runningReturn = 0;
        runningLength = 0;
        base.Reset(random, observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation);
        runningReturn += result.Reward;
        runningLength++;
        if (result.Done)
        {
            var slot = (int)(episodes++ % returns.Length);
            returns[slot] = runningReturn;
            lengths[slot] = runningLength;
            runningReturn = 0;
            runningLength = 0;
        }
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(episodes), ref episodes);
        state.Value(nameof(runningReturn), ref runningReturn);
        state.Value(nameof(runningLength), ref runningLength);
        state.Array<double>(nameof(returns), returns);
        state.Array<int>(nameof(lengths), lengths);
        base.Exchange(state);
    }
}
