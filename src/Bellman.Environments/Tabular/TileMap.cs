namespace Bellman.Environments;

/// <summary>A rectangle of letters, and moves on it that stop at its edge. Cells are numbered row by row.</summary>
internal sealed class TileMap
{
    private readonly string[] rows;

    private TileMap(string[] rows) => this.rows = rows;

    public int Rows => rows.Length;

    public int Columns => rows[0].Length;

    public int Count => Rows * Columns;

    public char this[int cell] => rows[cell / Columns][cell % Columns];

    /// <summary>Reads rows separated by '/'; every letter is one of <paramref name="letters"/>.</summary>
    /// <exception cref="UsageException">Rows differ in length, a letter is unknown, or there is no 'S' to start from.</exception>
    public static TileMap Parse(string map, string letters, string meaning)
    {
        var rows = map.Split(['/', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var width = rows.Length == 0 ? 0 : rows[0].Length;
        if (width == 0) { throw Refuse(map, "it is empty", meaning); }
        foreach (var row in rows)
        {
            if (row.Length != width) { throw Refuse(map, $"its rows differ in length ('{rows[0]}' and '{row}')", meaning); }
            if (row.FirstOrDefault(letter => !letters.Contains(letter, StringComparison.Ordinal)) is var unknown and not '\0')
            {
                throw Refuse(map, $"'{unknown}' in row '{row}' has no meaning", meaning);
            }
        }
        if (!rows.Any(row => row.Contains('S', StringComparison.Ordinal))) { throw Refuse(map, "it has no S to start from", meaning); }
        return new TileMap(rows);
    }

    /// <summary>The cell one step away, or the same cell at the edge.</summary>
    public int Neighbour(int cell, int rowStep, int columnStep)
    {
        var row = Math.Clamp(cell / Columns + rowStep, 0, Rows - 1);
        var column = Math.Clamp(cell % Columns + columnStep, 0, Columns - 1);
        return row * Columns + column;
    }

    /// <summary>1 for each cell that holds <paramref name="letter"/>, 0 elsewhere.</summary>
    public double[] Where(char letter) => Enumerable.Range(0, Count).Select(cell => this[cell] == letter ? 1.0 : 0.0).ToArray();

    /// <summary>The map with one cell highlighted, as terminals show it.</summary>
    public string RenderText(int highlighted)
    {
        var text = new System.Text.StringBuilder();
        for (var cell = 0; cell < Count; cell++)
        {
            text.Append(cell == highlighted ? Ansi.Highlight(this[cell]) : this[cell].ToString());
            if ((cell + 1) % Columns == 0) { text.Append('\n'); }
        }
        return text.ToString();
    }

    private static UsageException Refuse(string map, string reason, string meaning) =>
        new($"'{map}' is not a map: {reason}. Write rows of equal length separated by '/', of {meaning}.");
}
