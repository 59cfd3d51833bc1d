namespace Bellman.Environments.Chemotaxis;

/// <summary>
/// Replaces displacements by the four <see cref="MacroAction"/>s and observations by the four states 2 near + blocked: the form
/// that a table can learn.
/// </summary>
public sealed class MacroActionWrapper : EnvironmentWrapper, IRenderable
{
    private readonly ChemotaxisEnvironment environment;

    /// <summary>Wraps one robot's task.</summary>
    public MacroActionWrapper(ChemotaxisEnvironment environment) : base(environment) => this.environment = environment;

    /// <summary>The world inside.</summary>
    public ChemotaxisWorld3D World => environment.World;

    /// <inheritdoc/>
    public override Space ObservationSpace { get; } = new Discrete(MacroActions.States);

    /// <inheritdoc/>
    public override Space ActionSpace { get; } = new Discrete(MacroActions.Count);

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        World.Reset(random);
        observation[0] = MacroActions.State(World, 0);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        // Past the inner Step: its floats would round the displacement, and its observation would be wasted.
        var result = environment.Advance(MacroActions.Displacement(World, 0, (MacroAction)(int)action[0], random), random);
        observation[0] = MacroActions.State(World, 0);
        return result;
    }

    /// <inheritdoc/>
    public string RenderText() => environment.RenderText();

    /// <inheritdoc/>
    public RgbImage RenderImage() => environment.RenderImage();
}
