namespace Bellman;

/// <summary>Shows only some components of a <see cref="Box"/> observation: what is hidden has to be remembered or inferred.</summary>
public sealed class SelectObservation : EnvironmentWrapper
{
    private readonly int[] components;
    private readonly float[] whole;

    /// <summary>Shows <paramref name="components"/> of what <paramref name="inner"/> shows, in this order.</summary>
    /// <param name="inner">The environment; its observations are a Box.</param>
    /// <param name="components">Indices into its observation, at least one.</param>
    /// <exception cref="ArgumentException">The observations are not a Box, or a component does not exist.</exception>
    public SelectObservation(IEnvironment inner, params int[] components) : base(inner)
    {
        var box = RequiredBox.Observations(inner, nameof(SelectObservation));
        if (components.Length == 0 || Array.Exists(components, component => component < 0 || component >= box.Size))
        {
            throw new ArgumentException($"Components [{string.Join(", ", components)}] cannot be shown of {box}: name at least one, from 0 to {box.Size - 1}.", nameof(components));
        }
        this.components = [.. components];
        whole = new float[box.Size];
        ObservationSpace = new Box([.. components.Select(component => box.Low[component])], [.. components.Select(component => box.High[component])]);
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, whole);
        Select(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, whole);
        Select(observation);
        return result;
    }

    private void Select(Span<float> observation)
    {
        for (var i = 0; i < components.Length; i++) { observation[i] = whole[components[i]]; }
    }
}
