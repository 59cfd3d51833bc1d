using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016) of one piece of text: its characters, of which neighbours are joined in the order
/// in which training learned the joins. Any number of threads may encode at once.
/// </summary>
internal sealed class BytePairModel
{
    private const int MaximumId = 1 << 22;
    private const int RememberedPieces = 20_000;
    private const int LongestRemembered = 64;

    private readonly Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Left, int Right), (int Rank, int Joined)> merges = [];
    private readonly ConcurrentDictionary<string, int[]> remembered = new(StringComparer.Ordinal);
    private int rememberedCount;
    private readonly string? unknown;
    private readonly bool fuseUnknown;
    private readonly bool byteFallback;
    private readonly bool wholePiecesFirst;

    /// <summary>Reads <c>model</c> of a tokenizer.json.</summary>
    /// <exception cref="UsageException">It is no byte-pair model, or a field is missing or wrong.</exception>
    public BytePairModel(JsonField model)
    {
        var type = model.Required()["type"];
        if (!type.IsNull && type.Text() != "BPE") { throw type.Refuse($"is '{type.Text()}'; only byte-pair models (BPE) can be read."); }
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (!string.IsNullOrEmpty(model[name].TextOrNull())) { throw model[name].Refuse("is set; only models without it can be read."); }
        }
        if (!model["dropout"].IsNull) { throw model["dropout"].Refuse("is set: it makes encoding random. Remove it."); }
        fuseUnknown = model["fuse_unk"].Flag(false);
        byteFallback = model["byte_fallback"].Flag(false);
        wholePiecesFirst = model["ignore_merges"].Flag(false);
        foreach (var (token, id) in model["vocab"].Members())
        {
            var number = id.Integer();
            if (number is < 0 or > MaximumId) { throw id.Refuse($"is {number}; ids are 0 to {MaximumId}."); }
            vocabulary[token] = number;
        }
        if (vocabulary.Count == 0) { throw model["vocab"].Refuse("is empty."); }
        unknown = model["unk_token"].TextOrNull();
        if (unknown is not null && !vocabulary.ContainsKey(unknown)) { throw model["unk_token"].Refuse($"is '{unknown}', which is not in the vocabulary."); }
        var rank = 0;
        foreach (var merge in model["merges"].Items()) { Add(merge, rank++); }
    }

    /// <summary>Token ids by text.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    /// <summary>Appends the ids of one piece.</summary>
    /// <exception cref="UsageException">A character has no token, and the file names no token for unknown ones.</exception>
    public void Encode(string piece, List<int> into)
    {
        if (wholePiecesFirst && vocabulary.TryGetValue(piece, out var whole)) { into.Add(whole); return; }
        if (remembered.TryGetValue(piece, out var known)) { into.AddRange(known); return; }
        var start = into.Count;
        into.AddRange(new BytePairWord(Characters(piece)).Join(merges));
        if (piece.Length > LongestRemembered) { return; }
        if (Interlocked.Increment(ref rememberedCount) > RememberedPieces)
        {
            remembered.Clear();
            rememberedCount = 0;
        }
        remembered[piece] = [.. into.Skip(start)];
    }

    private List<int> Characters(string piece)
    {
        var ids = new List<int>(piece.Length);
        var unknownPending = false;
        foreach (var rune in piece.EnumerateRunes())
        {
            var text = rune.ToString();
            if (vocabulary.TryGetValue(text, out var id))
            {
                if (unknownPending) { ids.Add(UnknownId()); }
                unknownPending = false;
                ids.Add(id);
            }
            else if (!(byteFallback && TryBytes(text, ids)))
            {
                if (unknown is null)
                {
                    throw new UsageException($"The tokenizer's vocabulary has no token for '{text}' (U+{rune.Value:X4}) and names none for what is unknown. Leave the character out, or use a tokenizer trained with it.");
                }
                if (unknownPending && !fuseUnknown) { ids.Add(UnknownId()); }
                unknownPending = true;
            }
        }
        if (unknownPending) { ids.Add(UnknownId()); }
        return ids;
    }

    private int UnknownId() => vocabulary[unknown ?? ""];

    private bool TryBytes(string text, List<int> ids)
    {
        var found = new List<int>();
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (!vocabulary.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), out var id)) { return false; }
            found.Add(id);
        }
        ids.AddRange(found);
        return true;
    }

    /// <summary>A merge is written <c>"left right"</c> in older files and <c>["left", "right"]</c> in newer ones.</summary>
    private void Add(JsonField merge, int rank)
    {
        string[] parts = merge.Kind == System.Text.Json.JsonValueKind.String ? merge.Text().Split(' ') : [.. merge.Items().Select(part => part.Text())];
        if (parts.Length != 2) { throw merge.Refuse("is not a pair of tokens."); }
        merges[(Id(merge, parts[0]), Id(merge, parts[1]))] = (rank, Id(merge, parts[0] + parts[1]));
    }

    private int Id(JsonField merge, string token) =>
        vocabulary.TryGetValue(token, out var id) ? id : throw merge.Refuse($"needs the token '{token}', which is not in the vocabulary.");
}
