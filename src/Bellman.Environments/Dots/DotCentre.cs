namespace Bellman.Environments.Dots;

/// <summary>
/// <c>DotCentre-v0</c>: bring a dot to the middle of the unit square. Observation p - 0.5; action a in [-1, 1]^2 moves it,
/// p' = clip(p + 0.15 a, 0, 1); reward exp(-|p' - 0.5|^2 / 0.02).
/// </summary>
public sealed class DotCentre : IEnvironment, IRenderable
{
    private const double Stride = 0.15;
    private const double Width = 0.02;

    private readonly double[] position = [0.5, 0.5];

    /// <summary>p - 0.5.</summary>
    public Space ObservationSpace { get; } = new Box(-0.5f, 0.5f, 2);

    /// <summary>The move.</summary>
    public Space ActionSpace { get; } = new Box(-1, 1, 2);

    /// <summary>p, [2].</summary>
    public ReadOnlySpan<double> Position => position;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        for (var i = 0; i < 2; i++) { position[i] = random.NextDouble(); }
        Write(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var squared = 0.0;
        for (var i = 0; i < 2; i++)
        {
            position[i] = Math.Clamp(position[i] + Stride * action[i], 0, 1);
            squared += (position[i] - 0.5) * (position[i] - 0.5);
        }
        Write(observation);
        return new StepResult(Math.Exp(-squared / Width));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(position), position);
        foreach (var coordinate in position) { RestoredState.RequireWithin(state, nameof(position), coordinate, 0, 1); }
    }

    /// <inheritdoc/>
    public string RenderText() => $"dot at {position[0]:0.000}, {position[1]:0.000}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Size = 300;
        var canvas = new Canvas(Size, Size, Palette.Background);
        canvas.Ring(Size / 2.0, Size / 2.0, 0.1 * Size, 2, Palette.Green);
        canvas.Disc(position[0] * Size, (1 - position[1]) * Size, 12, Palette.Red);
        return canvas.Image;
    }

    private void Write(Span<float> observation)
    {
        for (var i = 0; i < 2; i++) { observation[i] = (float)(position[i] - 0.5); }
    }
}
