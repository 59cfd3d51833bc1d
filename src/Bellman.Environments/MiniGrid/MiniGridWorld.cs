using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bellman.Environments.MiniGrid;

/// <summary>The actions, numbered as in MiniGrid.</summary>
public enum GridAction
{
    /// <summary>Turn left.</summary>
    TurnLeft,

    /// <summary>Turn right.</summary>
    TurnRight,

    /// <summary>Step onto the cell in front, if it can be entered.</summary>
    Forward,

    /// <summary>Take the key, ball or box in front, with empty hands.</summary>
    PickUp,

    /// <summary>Put what is carried on the empty cell in front.</summary>
    Drop,

    /// <summary>Open or close the door in front, or open the box.</summary>
    Toggle,

    /// <summary>No effect.</summary>
    Done,
}

/// <summary>A rectangle of cells.</summary>
/// <param name="X">Its leftmost column.</param>
/// <param name="Y">Its topmost row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct GridArea(int X, int Y, int Width, int Height);

/// <summary>Everything of an episode besides the map: integers only, so that copies lie side by side in one array.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EpisodeState
{
    public int X, Y, Heading;

    /// <summary>Code of what is carried, and of what it contains (a box); empty cells if nothing.</summary>
    public int Carried, CarriedContent;

    public int Steps;

    /// <summary>What the level's <see cref="GridTask"/> is about: the code of an object, or the index of a cell.</summary>
    public int Target, Decoy;

    public const int Fields = 8;
}

/// <summary>
/// One copy's map and agent: a window on flat memory that a single environment and a batch share. Column x grows to
/// the right and row y downwards; headings 0 to 3 are +x, +y, -x, -y.
/// </summary>
public readonly ref struct MiniGridWorld
{
    /// <summary>Walls around the map, as wide as the agent sees: no view needs a bounds check.</summary>
    internal const int Margin = EgocentricView.Size - 1;

    private readonly Span<GridCell> cells;
    private readonly Span<GridCell> contents;
    private readonly Span<int> obstacles;
    private readonly ref EpisodeState episode;

    internal MiniGridWorld(int width, int height, Span<byte> cells, Span<byte> contents, Span<int> obstacles, ref EpisodeState episode)
    {
        Width = width;
        Height = height;
        this.cells = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, GridCell>(ref MemoryMarshal.GetReference(cells)), cells.Length);
        this.contents = MemoryMarshal.CreateSpan(ref Unsafe.As<byte, GridCell>(ref MemoryMarshal.GetReference(contents)), contents.Length);
        this.obstacles = obstacles;
        this.episode = ref episode;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The agent's column.</summary>
    public int AgentX => episode.X;

    /// <summary>The agent's row.</summary>
    public int AgentY => episode.Y;

    /// <summary>Where the agent looks: 0 to 3 for +x, +y, -x, -y.</summary>
    public int Heading => episode.Heading;

    /// <summary>What the agent carries; an empty cell if nothing.</summary>
    public GridCell Carried => Unsafe.BitCast<byte, GridCell>((byte)episode.Carried);

    /// <summary>Steps taken in this episode.</summary>
    public int Steps => episode.Steps;

    /// <summary>The content of a cell; walls outside the map. The agent is not an object: see <see cref="AgentX"/>.</summary>
    public GridCell this[int x, int y] => (uint)x < (uint)Width && (uint)y < (uint)Height ? cells[Index(x, y)] : GridCell.Wall;

    /// <summary>What the box at (<paramref name="x"/>, <paramref name="y"/>) contains; an empty cell if nothing, or if there is no box.</summary>
    public GridCell Content(int x, int y) => this[x, y].Kind == GridKind.Box ? contents[Index(x, y)] : GridCell.Empty;

    internal ref EpisodeState Episode => ref episode;

    internal Span<GridCell> Cells => cells;

    internal Span<GridCell> Contents => contents;

    /// <summary>Where moving obstacles are, as indices into <see cref="Cells"/>.</summary>
    internal Span<int> Obstacles => obstacles;

    internal int Stride => StrideOf(Width);

    internal int AgentIndex => Index(episode.X, episode.Y);

    internal int FrontIndex => AgentIndex + Ahead(episode.Heading);

    internal static int StrideOf(int width) => width + 2 * Margin;

    internal static int AreaOf(int width, int height) => StrideOf(width) * (height + 2 * Margin);

    internal int Index(int x, int y) => (y + Margin) * Stride + x + Margin;

    internal (int X, int Y) Position(int index) => (index % Stride - Margin, index / Stride - Margin);

    /// <summary>What to add to a cell's index to get the next one in the direction of <paramref name="heading"/>.</summary>
    internal int Ahead(int heading)
    {
        // +x and +y for 0 and 1, negated for 2 and 3.
        var axis = (heading & 1) == 0 ? 1 : Stride;
        return heading < 2 ? axis : -axis;
    }

    internal void Set(int x, int y, GridCell cell) => cells[Index(x, y)] = cell;

    internal void SetBox(int x, int y, GridCell box, GridCell content)
    {
        cells[Index(x, y)] = box;
        contents[Index(x, y)] = content;
    }

    internal void SetAgent(int x, int y, int heading) => (episode.X, episode.Y, episode.Heading) = (x, y, heading);

    /// <summary>Begins an episode on an empty map without an agent; outside it all is wall.</summary>
    internal void Clear()
    {
        cells.Fill(GridCell.Wall);
        contents.Fill(GridCell.Empty);
        obstacles.Clear();
        Fill(new GridArea(0, 0, Width, Height), GridCell.Empty);
        episode = default;
        (episode.X, episode.Y) = (-1, -1);
        (episode.Carried, episode.CarriedContent) = (GridCell.Empty.Code, GridCell.Empty.Code);
    }

    internal void Fill(GridArea area, GridCell cell)
    {
        for (var y = area.Y; y < area.Y + area.Height; y++) { cells.Slice(Index(area.X, y), area.Width).Fill(cell); }
    }

    /// <summary>Walls along the edge of an area.</summary>
    internal void Enclose(GridArea area)
    {
        Fill(area with { Height = 1 }, GridCell.Wall);
        Fill(area with { Y = area.Y + area.Height - 1, Height = 1 }, GridCell.Wall);
        Fill(area with { Width = 1 }, GridCell.Wall);
        Fill(area with { X = area.X + area.Width - 1, Width = 1 }, GridCell.Wall);
    }
}
