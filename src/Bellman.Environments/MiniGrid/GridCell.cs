namespace Bellman.Environments.MiniGrid;

/// <summary>What a cell holds, numbered as in MiniGrid's observations.</summary>
public enum GridKind
{
    /// <summary>Not visible to the agent.</summary>
    Unseen,

    /// <summary>Nothing.</summary>
    Empty,

    /// <summary>A wall; it blocks movement and sight.</summary>
    Wall,

    /// <summary>Coloured floor.</summary>
    Floor,

    /// <summary>A door; unless open it blocks movement and sight.</summary>
    Door,

    /// <summary>A key; it opens locked doors of its colour.</summary>
    Key,

    /// <summary>A ball; it can be carried.</summary>
    Ball,

    /// <summary>A box; it can be carried, and toggling it leaves what it contains.</summary>
    Box,

    /// <summary>The goal; entering it succeeds.</summary>
    Goal,

    /// <summary>Lava; entering it fails.</summary>
    Lava,

    /// <summary>The agent itself, in views of the whole map; its state is the heading.</summary>
    Agent,
}

/// <summary>Colours, numbered as in MiniGrid's observations.</summary>
public enum GridColour
{
    /// <summary>Red.</summary>
    Red,

    /// <summary>Green.</summary>
    Green,

    /// <summary>Blue.</summary>
    Blue,

    /// <summary>Purple.</summary>
    Purple,

    /// <summary>Yellow.</summary>
    Yellow,

    /// <summary>Grey.</summary>
    Grey,
}

/// <summary>States of a door, numbered as in MiniGrid's observations.</summary>
public enum DoorState
{
    /// <summary>Can be walked and seen through.</summary>
    Open,

    /// <summary>Opens when toggled.</summary>
    Closed,

    /// <summary>Opens when toggled with a key of its colour in hand.</summary>
    Locked,
}

/// <summary>The content of a cell in one byte, so that a map is a block of bytes and its observation a table look-up.</summary>
/// <remarks>
/// Bits 0-2 hold the colour (the heading, for the agent) and bits 3-6 the kind, where closed and locked doors have kinds
/// of their own. Bit 7 says that the cell blocks sight: a row of cells then gives its mask of opaque cells in one instruction.
/// </remarks>
public readonly record struct GridCell
{
    internal const int Codes = 256;
    private const int ClosedDoor = 11;
    private const int LockedDoor = 12;
    private const int OpaqueBit = 0x80;

    private readonly byte code;

    private GridCell(int look, int low, bool opaque) => code = (byte)((opaque ? OpaqueBit : 0) | look << 3 | low);

    /// <summary>An object other than a door.</summary>
    public GridCell(GridKind kind, GridColour colour) : this((int)kind, (int)colour, kind == GridKind.Wall)
    {
        if (kind is < GridKind.Unseen or >= GridKind.Agent or GridKind.Door || !Enum.IsDefined(colour))
        {
            throw new ArgumentException($"{colour} {kind} is not an object of the map; a door is made with GridCell.Door.", nameof(kind));
        }
    }

    /// <summary>Nothing, as seen.</summary>
    public static GridCell Empty => new((int)GridKind.Empty, 0, false);

    /// <summary>A wall.</summary>
    public static GridCell Wall => new((int)GridKind.Wall, (int)GridColour.Grey, true);

    /// <summary>The green goal.</summary>
    public static GridCell Goal => new((int)GridKind.Goal, (int)GridColour.Green, false);

    /// <summary>Lava.</summary>
    public static GridCell Lava => new((int)GridKind.Lava, (int)GridColour.Red, false);

    /// <summary>A door.</summary>
    public static GridCell Door(GridColour colour, DoorState state) => state switch
    {
        DoorState.Open => new((int)GridKind.Door, (int)colour, false),
        DoorState.Closed => new(ClosedDoor, (int)colour, true),
        _ => new(LockedDoor, (int)colour, true),
    };

    /// <summary>A key.</summary>
    public static GridCell Key(GridColour colour) => new((int)GridKind.Key, (int)colour, false);

    /// <summary>A ball.</summary>
    public static GridCell Ball(GridColour colour) => new((int)GridKind.Ball, (int)colour, false);

    /// <summary>A box.</summary>
    public static GridCell Box(GridColour colour) => new((int)GridKind.Box, (int)colour, false);

    /// <summary>What it is.</summary>
    public GridKind Kind => Look >= ClosedDoor ? GridKind.Door : (GridKind)Look;

    /// <summary>Its colour; red, numbered 0, for what has none.</summary>
    public GridColour Colour => Kind == GridKind.Agent ? GridColour.Red : (GridColour)(code & 7);

    /// <summary>A door's <see cref="DoorState"/>, the agent's heading, 0 for all else.</summary>
    public int State => Look switch
    {
        ClosedDoor => (int)DoorState.Closed,
        LockedDoor => (int)DoorState.Locked,
        (int)GridKind.Agent => code & 7,
        _ => 0,
    };

    /// <summary>Whether it hides what lies behind it: a wall, or a door that is not open.</summary>
    public bool BlocksSight => (code & OpaqueBit) != 0;

    /// <summary>Whether the agent can stand on it.</summary>
    public bool CanEnter => Look is (int)GridKind.Empty or (int)GridKind.Floor or (int)GridKind.Door or (int)GridKind.Goal or (int)GridKind.Lava;

    /// <summary>Whether the agent can carry it.</summary>
    public bool CanCarry => Look is (int)GridKind.Key or (int)GridKind.Ball or (int)GridKind.Box;

    /// <summary>Whether it is a door in this state.</summary>
    public bool IsDoor(DoorState state) => Kind == GridKind.Door && State == (int)state;

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        GridKind.Unseen or GridKind.Empty or GridKind.Lava => $"{Kind}",
        GridKind.Door => $"{Colour} {(DoorState)State} Door",
        _ => $"{Colour} {Kind}",
    };

    internal static GridCell Agent(int heading) => new((int)GridKind.Agent, heading, false);

    internal byte Code => code;

    /// <summary>Whether a byte is one that a constructor here could have made, and may lie on a map.</summary>
    internal static bool IsValid(byte code)
    {
        var look = code >> 3 & 15;
        var opaque = look is (int)GridKind.Wall or ClosedDoor or LockedDoor;
        return look is not ((int)GridKind.Agent or > LockedDoor) && (code & 7) <= (int)GridColour.Grey && opaque == ((code & OpaqueBit) != 0);
    }

    private int Look => code >> 3 & 15;
}
