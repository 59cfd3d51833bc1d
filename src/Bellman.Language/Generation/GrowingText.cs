namespace Bellman.Language;

/// <summary>
/// The text of tokens that arrive one by one. Characters of several tokens are held back until they are complete, as is what may
/// become a stop text; the parts together are the text of all tokens at once.
/// </summary>
/// <param name="tokenizer">Whose tokens they are.</param>
/// <param name="stops">Texts that end the response and are not shown.</param>
public sealed class GrowingText(ITokenizer tokenizer, IReadOnlyList<string> stops)
{
    // The text of a token depends on those before it (a leading space may be dropped), so it is decoded with some of them.
    private const int Context = 8;
    private const char Incomplete = '\uFFFD';

    private readonly List<int> window = [];
    private int shown;
    private string pending = "";

    /// <summary>Adds a token and returns what can be shown of it and those before it.</summary>
    public string Add(int token)
    {
        window.Add(token);
        var text = Decode();
        // What ends in half a character may still become a whole one.
        Advance(text, text.TrimEnd(Incomplete).Length);
        if (shown == text.Length && window.Count > 2 * Context) { Shorten(text); }
        return Take(StopText.Shown(pending, stops));
    }

    /// <summary>What was held back and will not grow any more.</summary>
    public string End()
    {
        var text = Decode();
        Advance(text, text.Length);
        return Take(StopText.Cut(pending, stops).Length);
    }

    /// <summary>Forgets old tokens, unless the rest would read differently without them: a character must not be cut.</summary>
    private void Shorten(string text)
    {
        var rest = tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(window)[^Context..]);
        if (!text.EndsWith(rest, StringComparison.Ordinal)) { return; }
        window.RemoveRange(0, window.Count - Context);
        shown = rest.Length;
    }

    private string Decode() => tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(window));

    private void Advance(string text, int end)
    {
        if (end <= shown) { return; }
        pending += text[shown..end];
        shown = end;
    }

    private string Take(int length)
    {
        var taken = pending[..length];
        pending = pending[length..];
        return taken;
    }
}
