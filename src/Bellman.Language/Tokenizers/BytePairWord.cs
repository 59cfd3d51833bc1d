namespace Bellman.Language.Tokenizers;

/// <summary>The symbols of one piece while neighbours are joined: a linked list, and a queue of the joins that are possible.</summary>
internal sealed class BytePairWord
{
    private const int None = -1;

    private readonly int[] symbols;
    private readonly int[] previous;
    private readonly int[] next;
    private readonly PriorityQueue<(int At, int Joined), (int Rank, int At)> queue = new();

    public BytePairWord(List<int> ids)
    {
        symbols = [.. ids];
        previous = new int[symbols.Length];
        next = new int[symbols.Length];
        for (var i = 0; i < symbols.Length; i++) { (previous[i], next[i]) = (i - 1, i + 1 < symbols.Length ? i + 1 : None); }
    }

    /// <summary>Joins, always the pair that was learned first and of those the leftmost, until none is left.</summary>
    public List<int> Join(Dictionary<(int Left, int Right), (int Rank, int Joined)> merges)
    {
        for (var i = 0; i + 1 < symbols.Length; i++) { Offer(i, merges); }
        while (queue.TryDequeue(out var candidate, out _))
        {
            var (at, joined) = candidate;
            // The pair may have changed since it was queued.
            if (symbols[at] == None || next[at] == None || !merges.TryGetValue((symbols[at], symbols[next[at]]), out var merge) || merge.Joined != joined) { continue; }
            var right = next[at];
            symbols[at] = joined;
            symbols[right] = None;
            next[at] = next[right];
            if (next[at] != None) { previous[next[at]] = at; }
            if (previous[at] != None) { Offer(previous[at], merges); }
            if (next[at] != None) { Offer(at, merges); }
        }
        return [.. symbols.Where(symbol => symbol != None)];
    }

    private void Offer(int at, Dictionary<(int Left, int Right), (int Rank, int Joined)> merges)
    {
        if (merges.TryGetValue((symbols[at], symbols[next[at]]), out var merge)) { queue.Enqueue((at, merge.Joined), (merge.Rank, at)); }
    }
}
