using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Bellman.Environments.MiniGrid;

/// <summary>
/// Writes observations. The space has the part "image", [rows, columns, channels] with the agent's far left cell first,
/// then "direction", the heading one-hot, and in full views "carried", one more cell. Every part is a Box, so that
/// networks read a batch's buffer as it is; an image network takes <c>RangeOf("image")</c>, an MLP all of it.
/// </summary>
internal sealed class GridObservation
{
    private const int Kinds = (int)GridKind.Agent + 1;
    private const int Colours = (int)GridColour.Grey + 1;
    private const int Headings = 4;
    private const int Numbers = 3;
    private const int OneHot = Kinds + Colours + Headings;

    /// <summary>Kind, colour and state of each code; the fourth lane is not part of the observation.</summary>
    private static readonly Vector128<float>[] Table = Enumerable.Range(0, GridCell.Codes)
        .Select(code => Unsafe.BitCast<byte, GridCell>((byte)code))
        .Select(cell => Vector128.Create((float)cell.Kind, (float)cell.Colour, cell.State, 0))
        .ToArray();

    private readonly bool isFull;
    private readonly bool seesThroughWalls;
    private readonly bool isOneHot;
    private readonly int imageSize;
    private readonly int cellSize;

    public GridObservation(GridLevel level, MiniGridOptions options)
    {
        isFull = options.View == GridView.Full;
        isOneHot = options.Encoding == GridEncoding.OneHot;
        seesThroughWalls = level.SeesThroughWalls;
        cellSize = isOneHot ? OneHot : Numbers;
        var (rows, columns) = isFull ? (level.Height, level.Width) : (EgocentricView.Size, EgocentricView.Size);
        imageSize = rows * columns * cellSize;
        var image = Cells(rows, columns);
        var direction = new Box(0, 1, Headings);
        Space = isFull ? new Composite(("image", image), ("direction", direction), ("carried", Cells(1, 1))) : new Composite(("image", image), ("direction", direction));
    }

    public Composite Space { get; }

    public void Write(MiniGridWorld world, Span<float> observation)
    {
        if (observation.Length < Space.Size) { throw new ArgumentException($"An observation takes {Space.Size} numbers; there is room for {observation.Length}.", nameof(observation)); }
        if (isFull)
        {
            WriteMap(world, observation);
        }
        else
        {
            Span<byte> view = stackalloc byte[EgocentricView.Cells];
            EgocentricView.Write(world, seesThroughWalls, view);
            WriteCells(view, observation);
        }
        var direction = observation.Slice(imageSize, Headings);
        direction.Clear();
        direction[world.Heading] = 1;
        if (isFull) { WriteCell(world.Carried, observation.Slice(imageSize + Headings, cellSize)); }
    }

    private void WriteMap(MiniGridWorld world, Span<float> observation)
    {
        var row = MemoryMarshal.Cast<GridCell, byte>(world.Cells)[world.Index(0, 0)..];
        for (var y = 0; y < world.Height; y++, row = row[world.Stride..])
        {
            WriteCells(row[..world.Width], observation[(y * world.Width * cellSize)..]);
        }
        var at = (world.AgentY * world.Width + world.AgentX) * cellSize;
        WriteCell(GridCell.Agent(world.Heading), observation.Slice(at, cellSize));
    }

    private void WriteCells(ReadOnlySpan<byte> codes, Span<float> into)
    {
        if (isOneHot)
        {
            for (var i = 0; i < codes.Length; i++) { WriteCell(Unsafe.BitCast<byte, GridCell>(codes[i]), into.Slice(i * OneHot, OneHot)); }
            return;
        }
        ref var table = ref MemoryMarshal.GetArrayDataReference(Table);
        ref var first = ref MemoryMarshal.GetReference(into[..(codes.Length * Numbers + 1)]);
        for (var i = 0; i < codes.Length; i++)
        {
            // The fourth lane lands on the next cell, or on the direction, which are written afterwards.
            Unsafe.Add(ref table, (int)codes[i]).StoreUnsafe(ref first, (nuint)(i * Numbers));
        }
    }

    private void WriteCell(GridCell cell, Span<float> into)
    {
        if (isOneHot)
        {
            into.Clear();
            (into[(int)cell.Kind], into[Kinds + (int)cell.Colour], into[Kinds + Colours + cell.State]) = (1, 1, 1);
        }
        else
        {
            (into[0], into[1], into[2]) = ((float)cell.Kind, (float)cell.Colour, cell.State);
        }
    }

    private Box Cells(int rows, int columns)
    {
        var high = new float[rows * columns * cellSize];
        for (var i = 0; i < high.Length; i++)
        {
            high[i] = isOneHot ? 1 : (i % Numbers) switch { 0 => Kinds - 1, 1 => Colours - 1, _ => Headings - 1 };
        }
        return new Box(new float[high.Length], high, rows, columns, cellSize);
    }
}
