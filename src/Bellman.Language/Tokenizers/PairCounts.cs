namespace Bellman.Language.Tokenizers;

/// <summary>How often each pair of neighbouring tokens occurs in a corpus of pieces, kept up to date while pairs are joined.</summary>
internal sealed class PairCounts
{
    private readonly List<(int[] Tokens, long Count)> pieces = [];
    private readonly Dictionary<(int Left, int Right), long> counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> places = [];
    private readonly PriorityQueue<(int Left, int Right, long Count), (long MinusCount, int Left, int Right)> queue = new();

    public PairCounts(SortedDictionary<string, long> counted, Dictionary<string, int> ids)
    {
        foreach (var (piece, count) in counted) { pieces.Add(([.. piece.Select(character => ids[character.ToString()])], count)); }
        for (var i = 0; i < pieces.Count; i++) { Count(i, 1); }
        foreach (var (pair, count) in counts) { Offer(pair, count); }
    }

    /// <summary>The most frequent pair, of several the one with the lowest ids; null when no piece has two tokens.</summary>
    public (int Left, int Right, long Count)? MostFrequent()
    {
        while (queue.TryDequeue(out var pair, out _))
        {
            // Counts that changed since were queued again.
            if (pair.Count > 0 && counts.GetValueOrDefault((pair.Left, pair.Right)) == pair.Count) { return pair; }
        }
        return null;
    }

    /// <summary>Joins a pair wherever it occurs, from the left.</summary>
    public void Join(int left, int right, int joined)
    {
        var changed = new HashSet<(int, int)>();
        foreach (var place in places[(left, right)].Order())
        {
            Count(place, -1, changed);
            pieces[place] = (Joined(pieces[place].Tokens, left, right, joined), pieces[place].Count);
            Count(place, 1, changed);
        }
        places.Remove((left, right));
        counts.Remove((left, right));
        foreach (var pair in changed.Where(counts.ContainsKey)) { Offer(pair, counts[pair]); }
    }

    private void Count(int place, int sign, HashSet<(int, int)>? changed = null)
    {
        var (tokens, count) = pieces[place];
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            var pair = (tokens[i], tokens[i + 1]);
            counts[pair] = counts.GetValueOrDefault(pair) + (sign * count);
            changed?.Add(pair);
            if (sign < 0) { continue; }
            if (!places.TryGetValue(pair, out var known)) { places[pair] = known = []; }
            known.Add(place);
        }
    }

    private void Offer((int Left, int Right) pair, long count) => queue.Enqueue((pair.Left, pair.Right, count), (-count, pair.Left, pair.Right));

    private static int[] Joined(int[] tokens, int left, int right, int joined)
    {
        var result = new List<int>(tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (i + 1 < tokens.Length && tokens[i] == left && tokens[i + 1] == right)
            {
                result.Add(joined);
                i++;
                continue;
            }
            result.Add(tokens[i]);
        }
        return [.. result];
    }
}
