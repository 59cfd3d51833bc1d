using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bellman.Environments.MiniGrid;

/// <summary>
/// What the agent sees: the 7 x 7 cells in front of it, itself at the bottom centre looking up, without the cells that
/// walls and closed doors hide.
/// </summary>
/// <remarks>
/// Light starts in the agent's cell. Within a row it spreads sideways through cells that can be seen through, and from
/// each lit cell of that kind to the three cells ahead of it (MiniGrid's process_vis). A row's spread depends only on
/// two 7-bit masks, so it is a table.
/// </remarks>
internal static class EgocentricView
{
    public const int Size = 7;
    public const int Cells = Size * Size;
    private const int Row = (1 << Size) - 1;
    private const int AgentColumn = 1 << (Size / 2);

    /// <summary>[clear cells][lit cells]: the clear cells of the row that light reaches.</summary>
    private static readonly byte[] Spread = SpreadTable();

    /// <summary>Writes the 49 cells' codes, row by row from the farthest; what is hidden is Unseen.</summary>
    public static void Write(MiniGridWorld world, bool seesThroughWalls, Span<byte> view)
    {
        ref var cells = ref Unsafe.As<GridCell, byte>(ref MemoryMarshal.GetReference(world.Cells));
        var ahead = world.Ahead(world.Heading);
        var right = world.Ahead((world.Heading + 1) & 3);
        var start = world.AgentIndex - Size / 2 * right;
        var reached = AgentColumn;
        for (var row = Size - 1; row >= 0; row--, start += ahead)
        {
            if (reached == 0)
            {
                view[..((row + 1) * Size)].Clear();
                break;
            }
            var codes = Load(ref Unsafe.Add(ref cells, start), right);
            var lit = (int)Spread[(~Opaque(codes) & Row) << Size | reached];
            var ahead3 = (lit | lit << 1 | lit >> 1) & Row;
            // A lit cell shows its neighbours in the row, also opaque ones; the row ahead is reached by the same three.
            var visible = seesThroughWalls ? Row : reached | ahead3;
            Store(view.Slice(row * Size, Size), codes & Bytes(visible));
            reached = seesThroughWalls ? Row : ahead3;
        }
        view[Cells - 1 - Size / 2] = world.Carried.Code;
    }

    /// <summary>Seven codes in the lowest bytes, from the agent's left to its right.</summary>
    private static ulong Load(ref byte first, int right)
    {
        // The margin around the map keeps all eight bytes inside the array.
        if (right == 1) { return Unsafe.ReadUnaligned<ulong>(ref first) & 0x00FF_FFFF_FFFF_FFFF; }
        if (right == -1) { return BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, -Size))) & 0x00FF_FFFF_FFFF_FFFF; }
        ulong codes = 0;
        for (var column = Size - 1; column >= 0; column--) { codes = codes << 8 | Unsafe.Add(ref first, column * right); }
        return codes;
    }

    /// <summary>The top bit of each of the seven bytes, gathered (the product adds up 42 - 7k to the bit at 8k).</summary>
    private static int Opaque(ulong codes) => (int)(((codes & 0x0080_8080_8080_8080) >> 7) * 0x0000_0408_1020_4081 >> 42 & Row);

    /// <summary>A mask's seven bits, each widened to a byte of ones.</summary>
    private static ulong Bytes(int mask) => ((ulong)mask * 0x0000_0408_1020_4081 & 0x0001_0101_0101_0101) * 0xFF;

    private static void Store(Span<byte> row, ulong codes)
    {
        for (var column = 0; column < Size; column++, codes >>= 8) { row[column] = (byte)codes; }
    }

    private static byte[] SpreadTable()
    {
        var table = new byte[(Row + 1) << Size];
        for (var clear = 0; clear <= Row; clear++)
        {
            for (var lit = 0; lit <= Row; lit++)
            {
                var spread = lit & clear;
                for (var i = 0; i < Size; i++) { spread |= (spread << 1 | spread >> 1) & clear; }
                table[clear << Size | lit] = (byte)spread;
            }
        }
        return table;
    }
}
