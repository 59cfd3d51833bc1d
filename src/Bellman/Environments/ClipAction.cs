namespace Bellman;

/// <summary>Accepts any finite numbers and moves them to the nearest action within the bounds.</summary>
public sealed class ClipAction : EnvironmentWrapper
{
    private readonly Box bounds;
    private readonly float[] clipped;

    /// <summary>Clips the actions of <paramref name="inner"/>, which are a <see cref="Box"/>.</summary>
    /// <exception cref="ArgumentException">The actions are not a Box.</exception>
    public ClipAction(IEnvironment inner) : base(inner)
    {
        bounds = RequiredBox.Actions(inner, nameof(ClipAction));
        clipped = new float[bounds.Size];
        var low = new float[bounds.Size];
        Array.Fill(low, float.NegativeInfinity);
        ActionSpace = new Box(low, [.. low.Select(value => -value)], [.. bounds.Shape]);
    }

    /// <summary>A Box without bounds.</summary>
    public override Space ActionSpace { get; }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        action.CopyTo(clipped);
        bounds.Clip(clipped);
        return base.Step(clipped, random, observation);
    }
}
