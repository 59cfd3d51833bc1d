namespace WarehouseInventory;

/// <summary>Puts the measured table between the README's two marks.</summary>
internal static class Readme
{
    private const string Begin = "<!-- results -->\n", End = "<!-- end of results -->";

    public static void Replace(string path, string table)
    {
        var text = File.ReadAllText(path);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        File.WriteAllText(path, text[..from] + table + text[to..]);
    }
}
