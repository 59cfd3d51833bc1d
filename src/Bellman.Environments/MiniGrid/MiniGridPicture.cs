namespace Bellman.Environments.MiniGrid;

/// <summary>A map as a picture: what the agent sees is lit, the mission and the steps taken stand below.</summary>
internal static class MiniGridPicture
{
    private const int Longest = 512;
    private const int Footer = 44;
    private const int Inset = 12;

    private static readonly Rgb Background = new(33, 37, 46);
    private static readonly Rgb Floor = new(48, 53, 64);
    private static readonly Rgb LitFloor = new(72, 79, 94);
    private static readonly Rgb Wall = new(126, 134, 148);
    private static readonly Rgb WallEdge = new(104, 112, 126);
    private static readonly Rgb Letters = new(222, 226, 233);
    private static readonly Rgb AgentColour = new(255, 107, 92);
    private static readonly Rgb LavaColour = new(238, 104, 43);
    private static readonly Rgb Crest = new(255, 196, 84);

    // In the order of GridColour.
    private static readonly Rgb[] Colours = [new(229, 72, 77), new(70, 186, 110), new(74, 144, 236), new(160, 104, 220), new(245, 204, 72), new(160, 168, 180)];

    public static RgbImage Render(MiniGridWorld world, bool seesThroughWalls, string mission, int maximumSteps)
    {
        var tile = Math.Clamp(Longest / Math.Max(world.Width, world.Height), 16, 48);
        // The footer needs room for the mission also under the smallest map.
        var width = Math.Max(world.Width * tile, 300);
        var left = (width - world.Width * tile) / 2;
        var canvas = new Canvas(width, world.Height * tile + Footer, Background);
        Span<byte> view = stackalloc byte[EgocentricView.Cells];
        if (world.AgentX >= 0) { EgocentricView.Write(world, seesThroughWalls, view); }
        for (var y = 0; y < world.Height; y++)
        {
            for (var x = 0; x < world.Width; x++)
            {
                var cell = world[x, y];
                // The background shows between the cells as the grid's lines.
                if (cell.Kind != GridKind.Wall) { canvas.Rectangle(left + x * tile + 0.5, y * tile + 0.5, tile - 1, tile - 1, IsSeen(world, view, x, y) ? LitFloor : Floor); }
                DrawObject(canvas, cell, left + x * tile, y * tile, tile);
            }
        }
        if (world.AgentX >= 0) { DrawAgent(canvas, world, left, tile); }
        DrawFooter(canvas, world, mission, maximumSteps);
        return canvas.Image;
    }

    /// <summary>Whether the agent's view contains a cell of the map.</summary>
    private static bool IsSeen(MiniGridWorld world, ReadOnlySpan<byte> view, int x, int y)
    {
        var (dx, dy) = (x - world.AgentX, y - world.AgentY);
        var (ahead, right) = world.Heading switch { 0 => (dx, dy), 1 => (dy, -dx), 2 => (-dx, -dy), _ => (-dy, dx) };
        var (row, column) = (EgocentricView.Size - 1 - ahead, EgocentricView.Size / 2 + right);
        return (uint)row < EgocentricView.Size && (uint)column < EgocentricView.Size && view[row * EgocentricView.Size + column] != 0;
    }

    private static void DrawObject(Canvas canvas, GridCell cell, double x, double y, double tile)
    {
        var colour = Colours[(int)cell.Colour];
        switch (cell.Kind)
        {
            case GridKind.Wall:
                canvas.Rectangle(x, y, tile, tile, WallEdge);
                canvas.Rectangle(x + 1, y + 1, tile - 2, tile - 2, Wall);
                break;
            case GridKind.Floor:
                canvas.Rectangle(x + 1, y + 1, tile - 2, tile - 2, colour.Mix(Floor, 0.6));
                break;
            case GridKind.Goal:
                canvas.Rectangle(x + 1, y + 1, tile - 2, tile - 2, Colours[(int)GridColour.Green]);
                canvas.Rectangle(x + tile * 0.25, y + tile * 0.25, tile * 0.5, tile * 0.5, Colours[(int)GridColour.Green].Mix(Rgb.White, 0.45));
                break;
            case GridKind.Lava:
                DrawLava(canvas, x, y, tile);
                break;
            case GridKind.Door:
                DrawDoor(canvas, cell, colour, x, y, tile);
                break;
            case GridKind.Key:
                DrawKey(canvas, colour, x, y, tile);
                break;
            case GridKind.Ball:
                canvas.Disc(x + tile / 2, y + tile / 2, tile * 0.32, colour);
                canvas.Disc(x + tile * 0.41, y + tile * 0.4, tile * 0.09, colour.Mix(Rgb.White, 0.55));
                break;
            case GridKind.Box:
                canvas.Rectangle(x + tile * 0.18, y + tile * 0.18, tile * 0.64, tile * 0.64, colour);
                canvas.Rectangle(x + tile * 0.27, y + tile * 0.27, tile * 0.46, tile * 0.46, colour.Mix(Background, 0.65));
                canvas.Rectangle(x + tile * 0.18, y + tile * 0.45, tile * 0.64, tile * 0.1, colour);
                break;
        }
    }

    private static void DrawLava(Canvas canvas, double x, double y, double tile)
    {
        canvas.Rectangle(x, y, tile, tile, LavaColour);
        for (var wave = 0; wave < 3; wave++)
        {
            var level = y + tile * (0.28 + 0.24 * wave);
            for (var part = 0; part < 4; part++)
            {
                var (from, to) = (part % 2 == 0 ? 0.05 : -0.05, part % 2 == 0 ? -0.05 : 0.05);
                canvas.Line(x + tile * (0.12 + 0.19 * part), level + tile * from, x + tile * (0.31 + 0.19 * part), level + tile * to, Math.Max(1, tile * 0.05), Crest);
            }
        }
    }

    private static void DrawDoor(Canvas canvas, GridCell door, Rgb colour, double x, double y, double tile)
    {
        var (edge, dark) = (tile * 0.06, colour.Mix(Background, 0.6));
        if (door.IsDoor(DoorState.Open))
        {
            canvas.Rectangle(x + tile * 0.82, y + edge, tile * 0.14, tile - 2 * edge, colour);
            return;
        }
        canvas.Rectangle(x + edge, y + edge, tile - 2 * edge, tile - 2 * edge, colour);
        var isLocked = door.IsDoor(DoorState.Locked);
        canvas.Rectangle(x + 2.2 * edge, y + 2.2 * edge, tile - 4.4 * edge, tile - 4.4 * edge, isLocked ? colour.Mix(Background, 0.35) : dark);
        if (isLocked)
        {
            canvas.Disc(x + tile * 0.5, y + tile * 0.42, tile * 0.11, Background);
            canvas.Polygon(Background, (x + tile * 0.47, y + tile * 0.42), (x + tile * 0.53, y + tile * 0.42), (x + tile * 0.6, y + tile * 0.7), (x + tile * 0.4, y + tile * 0.7));
        }
        else
        {
            canvas.Disc(x + tile * 0.74, y + tile * 0.5, tile * 0.08, colour);
        }
    }

    private static void DrawKey(Canvas canvas, Rgb colour, double x, double y, double tile)
    {
        canvas.Ring(x + tile * 0.5, y + tile * 0.3, tile * 0.13, tile * 0.09, colour);
        canvas.Rectangle(x + tile * 0.455, y + tile * 0.42, tile * 0.09, tile * 0.4, colour);
        canvas.Rectangle(x + tile * 0.5, y + tile * 0.73, tile * 0.18, tile * 0.09, colour);
        canvas.Rectangle(x + tile * 0.5, y + tile * 0.58, tile * 0.14, tile * 0.08, colour);
    }

    private static void DrawAgent(Canvas canvas, MiniGridWorld world, int left, double tile)
    {
        var (centreX, centreY) = (left + (world.AgentX + 0.5) * tile, (world.AgentY + 0.5) * tile);
        var (sine, cosine) = Math.SinCos(world.Heading * Math.PI / 2);
        (double, double) Turned(double along, double across) => (centreX + tile * (along * cosine - across * sine), centreY + tile * (along * sine + across * cosine));
        canvas.Polygon(AgentColour, Turned(0.38, 0), Turned(-0.3, 0.3), Turned(-0.16, 0), Turned(-0.3, -0.3));
    }

    private static void DrawFooter(Canvas canvas, MiniGridWorld world, string mission, int maximumSteps)
    {
        var (width, top) = (canvas.Image.Width, canvas.Image.Height - Footer);
        canvas.Rectangle(0, top + 3, width, 2, Floor);
        canvas.Rectangle(0, top + 3, width * Math.Min(1.0, (double)world.Steps / maximumSteps), 2, Letters.Mix(Background, 0.4));
        // A letter with its gap is about 4.4 pixels wide; the larger size where it fits.
        var scale = mission.Length * 4.4 * 2 <= width - 2 * Inset ? 2 : 1;
        canvas.Write(mission, Inset, top + 17 - 2.5 * scale, scale, Letters);
        canvas.Write($"step {world.Steps}/{maximumSteps}", Inset, top + 30, 1, Letters.Mix(Background, 0.4));
        if (world.Carried != GridCell.Empty) { DrawObject(canvas, world.Carried, width - 36, top + 10, 28); }
    }
}
