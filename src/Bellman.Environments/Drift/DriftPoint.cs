namespace Bellman.Environments;

/// <summary>
/// <c>DriftPoint-v0</c>: a point on a plane that pays for its distance to the origin along both axes. Observation [x, y]; action: a move in
/// [-0.2, 0.2]²; reward -|x| - |y| of where it stood before the move; cut off after 20 steps. Where an episode starts decides most of its return.
/// </summary>
public sealed class DriftPoint(DriftPointOptions options) : IEnvironment, IRenderable, IExpertKnown
{
    /// <summary>The longest move along an axis.</summary>
    public const float Reach = 0.2f;

    private static readonly Box Places = new([float.NegativeInfinity, float.NegativeInfinity], [float.PositiveInfinity, float.PositiveInfinity]);
    private static readonly Box Moves = new(-Reach, Reach, 2);

    private readonly double[] place = new double[2];

    /// <inheritdoc/>
    public Space ObservationSpace => Places;

    /// <inheritdoc/>
    public Space ActionSpace => Moves;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        for (var k = 0; k < 2; k++) { place[k] = random.NextUniform(options.Lowest, options.Highest); }
        Observe(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var reward = -Math.Abs(place[0]) - Math.Abs(place[1]);
        // s' = s + a
        for (var k = 0; k < 2; k++) { place[k] += Math.Clamp(action[k], -Reach, Reach) + (options.Noise > 0 ? options.Noise * random.NextGaussian() : 0); }
        Observe(observation);
        return new StepResult(reward, false);
    }

    /// <summary>a = clip(-s): straight to the origin.</summary>
    public IPolicy CreateExpert() => new ScriptedPolicy(2, 2, (observation, action) =>
    {
        for (var k = 0; k < 2; k++) { action[k] = Math.Clamp(-observation[k], -Reach, Reach); }
    });

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value("x", ref place[0]);
        state.Value("y", ref place[1]);
        RestoredState.RequireFinite(state, "x", place[0]);
        RestoredState.RequireFinite(state, "y", place[1]);
    }

    /// <inheritdoc/>
    public string RenderText()
    {
        const int Side = 13;
        var rows = Enumerable.Range(0, Side).Select(_ => Enumerable.Repeat('.', Side).ToArray()).ToArray();
        rows[Side / 2][Side / 2] = '+';
        var (column, row) = (Cell(place[0]), Cell(-place[1]));
        rows[row][column] = 'o';
        return $"{string.Join('\n', rows.Select(line => new string(line)))}\nx {place[0]:0.000}  y {place[1]:0.000}\n";

        int Cell(double coordinate) => (int)Math.Clamp(Math.Round(Side / 2 + coordinate / Extent * (Side / 2)), 0, Side - 1);
    }

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Size = 400;
        const double Centre = Size / 2;
        var canvas = new Canvas(Size, Size, Palette.Background);
        var scale = Centre / (1.1 * Extent);
        double X(double coordinate) => Math.Clamp(Centre + coordinate * scale, 8, Size - 8);
        double Y(double coordinate) => Math.Clamp(Centre - coordinate * scale, 8, Size - 8);
        canvas.Line(0, Centre, Size, Centre, 1, Palette.Line);
        canvas.Line(Centre, 0, Centre, Size, 1, Palette.Line);
        canvas.Disc(Centre, Centre, 7, Palette.Green);
        // What a step costs: the way along both axes.
        canvas.Line(X(place[0]), Y(place[1]), X(0), Y(place[1]), 3, Palette.Line);
        canvas.Line(X(place[0]), Y(place[1]), X(place[0]), Y(0), 3, Palette.Line);
        canvas.Disc(X(place[0]), Y(place[1]), 9, Palette.Blue);
        return canvas.Image;
    }

    // Starts fill the picture, and drifting away is still seen.
    private double Extent => Math.Max(1, 1.5 * Math.Max(Math.Abs(options.Lowest), Math.Abs(options.Highest)));

    private void Observe(Span<float> observation)
    {
        for (var k = 0; k < 2; k++) { observation[k] = (float)place[k]; }
    }
}
