namespace Bellman.Language.Tokenizers;

/// <summary>
/// Learns a byte-level byte-pair vocabulary from texts (Sennrich et al. 2016): again and again, the most frequent pair of
/// neighbours becomes a token. Of equally frequent pairs the one with the lower ids wins, so the same texts, in any order, give
/// the same file.
/// </summary>
public static class BytePairTrainer
{
    /// <summary>Trains a tokenizer.</summary>
    /// <param name="texts">The corpus; texts are valid Unicode.</param>
    /// <param name="options">Size and pieces.</param>
    /// <param name="cancellation">Stops between joins.</param>
    /// <returns>A tokenizer whose <see cref="HuggingFaceTokenizer.Json"/> is the file to keep; the first special token ends a response.</returns>
    /// <exception cref="UsageException">An option is out of range, the corpus is empty, or a text is not valid Unicode.</exception>
    public static HuggingFaceTokenizer Train(IEnumerable<string> texts, BytePairTrainingOptions? options = null, CancellationToken cancellation = default)
    {
        options = OptionSet.Validated(options ?? new BytePairTrainingOptions(), "the tokenizer's training");
        var tokens = new List<string>(options.SpecialTokens.Distinct());
        tokens.AddRange(ByteAlphabet.Characters.ToArray().Order().Select(character => character.ToString()));
        if (tokens.Count > options.VocabularySize) { throw new UsageException($"{options.VocabularySize} tokens do not hold the 256 bytes and {tokens.Count - 256} special tokens. Raise vocabularySize."); }
        var ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
        var corpus = new PairCounts(CountPieces(texts, options.Pattern), ids);
        var merges = new List<(string Left, string Right)>();
        while (tokens.Count < options.VocabularySize && corpus.MostFrequent() is { } pair && pair.Count >= options.MinimumCount)
        {
            cancellation.ThrowIfCancellationRequested();
            var joined = tokens[pair.Left] + tokens[pair.Right];
            merges.Add((tokens[pair.Left], tokens[pair.Right]));
            // Two ways of joining may spell one token.
            if (ids.TryAdd(joined, tokens.Count)) { tokens.Add(joined); }
            corpus.Join(pair.Left, pair.Right, ids[joined]);
        }
        var json = TokenizerJson.ByteLevel(tokens, options.SpecialTokens, merges, options.Pattern);
        return HuggingFaceTokenizer.Parse(json, new SpecialTokens { End = [.. options.SpecialTokens.Take(1)] });
    }

    private static SortedDictionary<string, long> CountPieces(IEnumerable<string> texts, string pattern)
    {
        TextPattern pieces;
        try
        {
            pieces = new TextPattern(new RunePattern(pattern));
        }
        catch (ArgumentException error)
        {
            throw new UsageException($"The pattern '{pattern}' is no regular expression: {error.Message}", error);
        }
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            TokenizerText.RequireValid(text, "A text of the corpus");
            var composed = UnicodeComposition.Compose(text);
            foreach (var (start, end, _) in pieces.Pieces(composed))
            {
                var piece = ByteAlphabet.Write(composed[start..end]);
                counts[piece] = counts.GetValueOrDefault(piece) + 1;
            }
        }
        return counts.Count > 0 ? counts : throw new UsageException("The corpus is empty: there is nothing to train a tokenizer on.");
    }
}
