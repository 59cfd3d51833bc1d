using System.Text;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// The characters that stand for bytes in byte-level vocabularies (Radford et al. 2019, GPT-2): printable Latin-1 stands for
/// itself, the other 68 bytes for U+0100 and up, in order.
/// </summary>
internal static class ByteAlphabet
{
    private const int FirstStandIn = 0x100;

    private static readonly char[] characters = Make();
    private static readonly short[] bytes = Invert(characters);

    /// <summary>The 256 characters, by byte.</summary>
    public static ReadOnlySpan<char> Characters => characters;

    /// <summary>The UTF-8 bytes of a text, each as its character.</summary>
    public static string Write(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return string.Create(utf8.Length, utf8, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++) { span[i] = characters[source[i]]; }
        });
    }

    /// <summary>Appends the bytes of a token; one with a character that stands for no byte gives the bytes of its text.</summary>
    public static void Read(string token, List<byte> into)
    {
        var start = into.Count;
        foreach (var character in token)
        {
            if (character >= bytes.Length || bytes[character] < 0)
            {
                into.RemoveRange(start, into.Count - start);
                into.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }
            into.Add((byte)bytes[character]);
        }
    }

    private static char[] Make()
    {
        var made = new char[256];
        var next = FirstStandIn;
        for (var i = 0; i < made.Length; i++)
        {
            made[i] = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)i : (char)next++;
        }
        return made;
    }

    private static short[] Invert(char[] characters)
    {
        var inverse = new short[characters.Max() + 1];
        Array.Fill(inverse, (short)-1);
        for (var i = 0; i < characters.Length; i++) { inverse[characters[i]] = (short)i; }
        return inverse;
    }
}
