using System.Globalization;

namespace Bellman.Environments;

/// <summary>
/// <c>PushPoint-v0</c>: push a point in the plane to the origin. Observed are position and velocity [px, py, vx, vy], an action is a push in
/// [-1, 1]²: p' = p + 0.1 v, v' = 0.95 v + 0.2 a. Reward -(|p'x| + |p'y|); it never terminates and is cut after 40 steps. Linear with a nearly
/// quadratic cost, so that an excellent policy and its values are known.
/// </summary>
public sealed class PushPoint : IEnvironment, IRenderable
{
    /// <summary>Share of the velocity that moves the point in a step.</summary>
    public const double TimeStep = 0.1;

    /// <summary>Share of the velocity that stays.</summary>
    public const double Drag = 0.95;

    /// <summary>Velocity that a full push adds.</summary>
    public const double Push = 0.2;

    private const double Far = 1e6;

    private readonly double[] variables = new double[4];

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Box(float.NegativeInfinity, float.PositiveInfinity, 4);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Box(-1, 1, 2);

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        for (var i = 0; i < 4; i++) { variables[i] = i < 2 ? random.NextUniform(-1, 1) : random.NextUniform(-0.3, 0.3); }
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var distance = 0.0;
        for (var axis = 0; axis < 2; axis++)
        {
            var velocity = variables[2 + axis];
            variables[axis] += TimeStep * velocity;
            variables[2 + axis] = Drag * velocity + Push * Math.Clamp(action[axis], -1, 1);
            distance += Math.Abs(variables[axis]);
        }
        Write(observation);
        return new StepResult(-distance);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        string[] names = ["positionX", "positionY", "velocityX", "velocityY"];
        for (var i = 0; i < 4; i++)
        {
            state.Value(names[i], ref variables[i]);
            RestoredState.RequireWithin(state, names[i], variables[i], -Far, Far);
        }
    }

    /// <inheritdoc/>
    public string RenderText() => string.Create(CultureInfo.InvariantCulture, $"position {variables[0]:0.000}, {variables[1]:0.000}\nvelocity {variables[2]:0.000}, {variables[3]:0.000}\n");

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const double Size = 400;
        const double Half = 2;
        var canvas = new Canvas((int)Size, (int)Size, Palette.Background);
        canvas.Rectangle(0, Size / 2 - 0.5, Size, 1, Palette.Line);
        canvas.Rectangle(Size / 2 - 0.5, 0, 1, Size, Palette.Line);
        canvas.Disc(Size / 2, Size / 2, 10, Palette.Green);
        var (across, down) = ((variables[0] + Half) / (2 * Half) * Size, (Half - variables[1]) / (2 * Half) * Size);
        canvas.Line(across, down, across + 40 * variables[2], down - 40 * variables[3], 3, Palette.Grey);
        canvas.Disc(across, down, 8, Palette.Orange);
        return canvas.Image;
    }

    internal static void Register(EnvironmentRegistry registry) =>
        registry.Register(new EnvironmentRegistration("PushPoint-v0", "Push a point in the plane to the origin and keep it there.", _ => new PushPoint()) { TimeLimit = 40 });

    private void Write(Span<float> observation)
    {
        for (var i = 0; i < 4; i++) { observation[i] = (float)variables[i]; }
    }
}
