using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>The car and its valley, which both mountain car tasks share.</summary>
internal static class Valley
{
    private const double Left = -1.2;
    private const double Right = 0.6;
    private const double MaximumSpeed = 0.07;
    private const double Slope = 0.0025;

    public const int Variables = 2;

    public static Box Space() => new([(float)Left, (float)-MaximumSpeed], [(float)Right, (float)MaximumSpeed]);

    public static void Begin(RandomStream random, Span<double> state)
    {
        state[0] = random.NextUniform(-0.6, -0.4);
        state[1] = 0;
    }

    /// <summary>Moves [position, velocity] and tells, as a mask, which cars are at the goal and do not roll back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Move<TLanes>(StateRows<TLanes> state, TLanes thrust, double goal) where TLanes : unmanaged, ILanes<TLanes>
    {
        // v <- clip(v + thrust - 0.0025 cos(3 x));  x <- clip(x + v);  the left wall stops the car
        var velocity = TLanes.Clamp(state[1] + thrust - Slope * TLanes.SinCos(3.0 * state[0]).Cos, -MaximumSpeed, MaximumSpeed);
        var position = TLanes.Clamp(state[0] + velocity, Left, Right);
        velocity = TLanes.Select(TLanes.Equal(position, Left) & TLanes.Greater(0.0, velocity), 0.0, velocity);
        state[0] = position;
        state[1] = velocity;
        return TLanes.GreaterOrEqual(position, goal) & TLanes.GreaterOrEqual(velocity, 0.0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Observe<TLanes>(StateRows<TLanes> state, ObservationRows<TLanes> observation) where TLanes : unmanaged, ILanes<TLanes>
    {
        observation[0] = state[0];
        observation[1] = state[1];
    }

    public static void Exchange(StateExchange state, double[] variables)
    {
        state.Value("position", ref variables[0]);
        state.Value("velocity", ref variables[1]);
        RestoredState.RequireWithin(state, "position", variables[0], Left, Right);
        RestoredState.RequireWithin(state, "velocity", variables[1], -MaximumSpeed, MaximumSpeed);
    }

    public static string RenderText(double position, double velocity, double goal)
    {
        const int Columns = 46;
        const int Rows = 9;
        var rows = Enumerable.Range(0, Rows + 1).Select(_ => Enumerable.Repeat(' ', Columns).ToArray()).ToArray();
        for (var column = 0; column < Columns; column++)
        {
            var x = Left + (Right - Left) * column / (Columns - 1);
            rows[Rows - (int)Math.Round(Height(x) * (Rows - 1))][column] = '.';
        }
        Place(rows, goal, 'F');
        Place(rows, position, 'o');
        return $"{string.Join('\n', rows.Select(row => new string(row).TrimEnd()))}\nposition {position:0.000}  velocity {velocity:0.0000}\n";
    }

    public static RgbImage RenderImage(double position, double goal)
    {
        const int Width = 600;
        const int Height = 400;
        const double Scale = Width / (Right - Left);
        var canvas = new Canvas(Width, Height, Palette.Sky);
        var ground = new List<(double X, double Y)> { (Width, Height), (0, Height) };
        for (var column = 0; column <= Width; column += 4) { ground.Add((column, Ground(Left + column / Scale))); }
        canvas.Polygon(Palette.Green.Mix(Rgb.White, 0.35), [.. ground]);
        for (var i = 3; i < ground.Count; i++) { canvas.Line(ground[i - 1].X, ground[i - 1].Y, ground[i].X, ground[i].Y, 2.5, Palette.Green); }

        var (flagX, flagY) = ((goal - Left) * Scale, Ground(goal));
        canvas.Line(flagX, flagY, flagX, flagY - 52, 2.5, Palette.Ink);
        canvas.Polygon(Palette.Red, (flagX, flagY - 53), (flagX, flagY - 33), (flagX + 27, flagY - 43));

        // Along the slope and away from it, in picture coordinates.
        var angle = Math.Atan(1.35 * Math.Cos(3 * position));
        var (along, up) = ((X: Math.Cos(angle), Y: -Math.Sin(angle)), (X: -Math.Sin(angle), Y: -Math.Cos(angle)));
        var (carX, carY) = ((position - Left) * Scale, Ground(position));
        (double X, double Y) At(double forward, double above) => (carX + forward * along.X + above * up.X, carY + forward * along.Y + above * up.Y);
        canvas.Polygon(Palette.Blue, At(-22, 8), At(-22, 20), At(-13, 21), At(-8, 31), At(10, 31), At(14, 21), At(23, 19), At(23, 8));
        canvas.Polygon(Palette.Sky, At(-9, 21), At(-5, 28), At(8, 28), At(10, 21));
        foreach (var wheel in (double[])[-13, 13])
        {
            var (x, y) = At(wheel, 8);
            canvas.Disc(x, y, 7.5, Palette.Ink);
            canvas.Disc(x, y, 3, Palette.Line);
        }
        return canvas.Image;

        static double Ground(double x) => Height - (Valley.Height(x) * 0.95 + 0.05) * Scale * 0.95 - 20;
    }

    // From 0 at the bottom to 1 at the top: (sin(3 x) + 1) / 2 is the shape that the slope's cosine belongs to.
    private static double Height(double x) => (Math.Sin(3 * x) + 1) / 2;

    private static void Place(char[][] rows, double x, char mark)
    {
        var columns = rows[0].Length;
        var column = (int)Math.Round((x - Left) / (Right - Left) * (columns - 1));
        var row = rows.Length - 1 - (int)Math.Round(Height(x) * (rows.Length - 2));
        rows[row - 1][column] = mark;
    }
}
