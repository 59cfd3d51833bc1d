namespace Bellman;

/// <summary>Accepts actions in the same range for every component, and stretches them to the inner bounds.</summary>
public sealed class RescaleAction : EnvironmentWrapper
{
    private readonly Box bounds;
    private readonly float[] scaled;
    private readonly float low;
    private readonly float high;

    /// <summary>Maps [<paramref name="low"/>, <paramref name="high"/>] to the bounds of each action component.</summary>
    /// <exception cref="ArgumentException">The actions are not a Box with finite bounds, or the range is empty.</exception>
    public RescaleAction(IEnvironment inner, float low = -1, float high = 1) : base(inner)
    {
        bounds = RequiredBox.Actions(inner, nameof(RescaleAction));
        if (!bounds.IsBounded) { throw new ArgumentException($"{nameof(RescaleAction)} needs finite action bounds; these are {bounds}."); }
        if (!(low < high) || !float.IsFinite(high - low)) { throw new ArgumentException($"{nameof(RescaleAction)} needs a finite range with low < high; got [{low}, {high}]."); }
        this.low = low;
        this.high = high;
        scaled = new float[bounds.Size];
        var (lows, highs) = (new float[bounds.Size], new float[bounds.Size]);
        Array.Fill(lows, low);
        Array.Fill(highs, high);
        ActionSpace = new Box(lows, highs, [.. bounds.Shape]);
    }

    /// <inheritdoc/>
    public override Space ActionSpace { get; }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        for (var i = 0; i < scaled.Length; i++)
        {
            var fraction = (action[i] - low) / (high - low);
            scaled[i] = bounds.Low[i] + fraction * (bounds.High[i] - bounds.Low[i]);
        }
        return base.Step(scaled, random, observation);
    }
}
