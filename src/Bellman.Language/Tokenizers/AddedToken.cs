namespace Bellman.Language.Tokenizers;

/// <summary>A token that is found in text as a whole, before anything else happens to it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">It has a meaning of its own (end of a turn, ...): left out of decoded text, and read from text only when allowed.</param>
/// <param name="SingleWord">Found only where no letter, digit or underscore is next to it.</param>
/// <param name="StripLeft">White space before it belongs to it.</param>
/// <param name="StripRight">White space after it belongs to it.</param>
/// <param name="Normalized">Searched in the normalised text.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool StripLeft, bool StripRight, bool Normalized)
{
    private const int MaximumId = 1 << 22;

    /// <summary>Reads an entry of <c>added_tokens</c>.</summary>
    /// <exception cref="UsageException">A field is missing or wrong.</exception>
    public static AddedToken Read(JsonField field)
    {
        var id = field["id"].Integer();
        if (id is < 0 or > MaximumId) { throw field["id"].Refuse($"is {id}; ids are 0 to {MaximumId}."); }
        var content = field["content"].Text();
        if (content.Length == 0) { throw field["content"].Refuse("is empty."); }
        var special = field["special"].Flag(false);
        return new AddedToken(id, content, special, field["single_word"].Flag(false), field["lstrip"].Flag(false), field["rstrip"].Flag(false), field["normalized"].Flag(!special));
    }
}
