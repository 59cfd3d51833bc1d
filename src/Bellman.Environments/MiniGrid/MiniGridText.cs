using System.Text;

namespace Bellman.Environments.MiniGrid;

/// <summary>A map as coloured text, two characters a cell.</summary>
internal static class MiniGridText
{
    // 256-colour codes in the order of GridColour.
    private static readonly int[] Ansi = [196, 40, 33, 135, 220, 245];

    public static string Render(MiniGridWorld world, string mission)
    {
        var text = new StringBuilder();
        for (var y = 0; y < world.Height; y++)
        {
            for (var x = 0; x < world.Width; x++)
            {
                var isAgent = (x, y) == (world.AgentX, world.AgentY);
                var cell = world[x, y];
                text.Append(isAgent ? Styled("1;38;5;203", "►▼◄▲"[world.Heading] + " ") : Cell(cell));
            }
            text.Append('\n');
        }
        text.Append(mission);
        if (world.Carried != GridCell.Empty) { text.Append("  carrying ").Append(Cell(world.Carried)); }
        return text.ToString();
    }

    private static string Cell(GridCell cell) => cell.Kind switch
    {
        GridKind.Wall => Styled("48;5;240", "  "),
        GridKind.Goal => Styled("48;5;34", "  "),
        GridKind.Lava => Styled("48;5;202;38;5;226", "~~"),
        GridKind.Floor => Styled($"38;5;{Ansi[(int)cell.Colour]}", "░░"),
        GridKind.Door => cell.State switch
        {
            (int)DoorState.Open => Styled($"38;5;{Ansi[(int)cell.Colour]}", "[]"),
            (int)DoorState.Closed => Styled($"48;5;{Ansi[(int)cell.Colour]};38;5;16", "| "),
            _ => Styled($"48;5;{Ansi[(int)cell.Colour]};38;5;16", "L "),
        },
        GridKind.Key => Styled($"1;38;5;{Ansi[(int)cell.Colour]}", "K "),
        GridKind.Ball => Styled($"1;38;5;{Ansi[(int)cell.Colour]}", "● "),
        GridKind.Box => Styled($"1;38;5;{Ansi[(int)cell.Colour]}", "▣ "),
        _ => "  ",
    };

    private static string Styled(string style, string text) => $"\u001b[{style}m{text}\u001b[0m";
}
