using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// A task on a MuJoCo model. An action holds for <see cref="FrameSkip"/> time steps of the simulation; derived tasks say
/// how an episode begins, what is observed and what is paid.
/// </summary>
/// <remarks>Observations are computed from the positions and velocities after the step, never from quantities that MuJoCo computed before it.</remarks>
public abstract class MujocoEnvironment : IEnvironment, IRenderable, IDisposable
{
    private readonly MujocoView view;
    // Pictures are drawn from a simulation of their own, so that looking at a run does not change it.
    private MujocoSimulation? shown;

    /// <summary>A task on a model.</summary>
    /// <param name="model">The model; any number of tasks share one.</param>
    /// <param name="frameSkip">Time steps an action, at least 1.</param>
    /// <param name="observations">What <see cref="Observe"/> writes.</param>
    /// <param name="view">What pictures show.</param>
    protected MujocoEnvironment(MujocoModel model, int frameSkip, Space observations, MujocoView view)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameSkip, 1);
        this.view = view;
        Simulation = new MujocoSimulation(model);
        FrameSkip = frameSkip;
        StepSeconds = frameSkip * model.TimeStep;
        ObservationSpace = observations;
        ActionSpace = model.ControlSpace();
    }

    /// <summary>The simulation behind the task.</summary>
    public MujocoSimulation Simulation { get; }

    /// <summary>Time steps of the simulation an action.</summary>
    public int FrameSkip { get; }

    /// <summary>Simulated seconds an action.</summary>
    public double StepSeconds { get; }

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <summary>One number an actuator, within the model's control ranges.</summary>
    public Space ActionSpace { get; }

    /// <summary>qpos, [nq].</summary>
    protected Span<double> Positions => Simulation.Positions;

    /// <summary>qvel, [nv].</summary>
    protected Span<double> Velocities => Simulation.Velocities;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        Simulation.Reset();
        Begin(random);
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var controls = Simulation.Controls;
        for (var i = 0; i < controls.Length; i++) { controls[i] = action[i]; }
        var result = Act(action, random);
        Observe(observation);
        return result;
    }

    /// <summary>
    /// Continues from exactly these positions and velocities, e.g. to roll out the true dynamics from states of a dataset;
    /// goals stay as they are. The constraint solver starts cold, so what follows depends on these numbers and the actions alone.
    /// </summary>
    /// <param name="positions">qpos, [nq].</param>
    /// <param name="velocities">qvel, [nv].</param>
    /// <param name="observation">Receives what is observed there.</param>
    /// <exception cref="UsageException">The lengths are not the model's, or a number is not finite.</exception>
    public void SetState(ReadOnlySpan<double> positions, ReadOnlySpan<double> velocities, Span<float> observation)
    {
        Simulation.SetState(positions, velocities);
        Observe(observation);
    }

    /// <inheritdoc/>
    public virtual void Exchange(StateExchange state) => Simulation.Exchange(state);

    /// <inheritdoc/>
    public string RenderText() => PlainDrawing.Text(Shown(), view) + Describe();

    /// <summary>MuJoCo's own picture where a software OpenGL is there (EGL or OSMesa), otherwise the bodies' outlines.</summary>
    public RgbImage RenderImage() => SceneRenderer.TryDraw(Shown(), view) ?? RenderPlain();

    /// <summary>The bodies' outlines, drawn without OpenGL: the same on every machine.</summary>
    public RgbImage RenderPlain() => PlainDrawing.Picture(Shown(), view);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the simulation.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) { return; }
        Simulation.Dispose();
        shown?.Dispose();
    }

    /// <summary>Sets the state in which an episode begins; the model's initial configuration is there already.</summary>
    protected abstract void Begin(RandomStream random);

    /// <summary>Writes the observation of the present state.</summary>
    protected abstract void Observe(Span<float> observation);

    /// <summary>Advances the simulation by an action, which its controls already hold, and judges the step.</summary>
    protected abstract StepResult Act(ReadOnlySpan<float> action, RandomStream random);

    /// <summary>Simulates one action.</summary>
    protected void Advance() => Simulation.Advance(FrameSkip);

    /// <summary>|a|^2.</summary>
    protected static double Square(ReadOnlySpan<float> action)
    {
        var sum = 0.0;
        foreach (var component in action) { sum += (double)component * component; }
        return sum;
    }

    /// <summary>Adds noise from [-<paramref name="size"/>, <paramref name="size"/>) to each number.</summary>
    protected static void Shake(Span<double> values, double size, RandomStream random)
    {
        foreach (ref var value in values) { value += random.NextUniform(-size, size); }
    }

    /// <summary>A space of vectors without bounds.</summary>
    protected static Box Unbounded(int size) => new(float.NegativeInfinity, float.PositiveInfinity, size);

    private MujocoSimulation Shown()
    {
        shown ??= new MujocoSimulation(Simulation.Model);
        shown.Show(Simulation);
        return shown;
    }

    private string Describe()
    {
        var text = new System.Text.StringBuilder();
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"time {Simulation.Time:0.000}\nqpos");
        foreach (var value in Positions) { text.Append(System.Globalization.CultureInfo.InvariantCulture, $" {value:0.00}"); }
        text.Append("\nqvel");
        foreach (var value in Velocities) { text.Append(System.Globalization.CultureInfo.InvariantCulture, $" {value:0.00}"); }
        return text.Append('\n').ToString();
    }
}
