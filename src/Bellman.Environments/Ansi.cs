namespace Bellman.Environments;

/// <summary>Terminal colours for text renderings.</summary>
internal static class Ansi
{
    /// <summary>The letter on a red ground: where the agent is.</summary>
    public static string Highlight(char letter) => $"\u001b[41m{letter}\u001b[0m";

    /// <summary>The letter in colour 1 to 7 (red, green, yellow, blue, magenta, cyan, white).</summary>
    public static string Colour(char letter, int colour) => $"\u001b[3{colour}m{letter}\u001b[0m";
}
