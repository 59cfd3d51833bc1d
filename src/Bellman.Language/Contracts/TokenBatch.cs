namespace Bellman.Language;

/// <summary>
/// Token sequences side by side, padded on the right, and which of their tokens are scored. A row is a prompt followed by
/// a response; column t of every score belongs to token t of the row given the tokens before it, so column 0 is never scored.
/// </summary>
public sealed class TokenBatch
{
    /// <summary>A batch of rows of token ids.</summary>
    /// <param name="tokens">[rows][length of the row]; every row at least 2 long to have anything to score.</param>
    /// <param name="mask">[rows][length of the row]: true where the token is scored (response tokens up to and including the end token).</param>
    /// <param name="paddingToken">What fills the columns after a row's end; never scored, never attended to.</param>
    /// <exception cref="ArgumentException">There are no rows, a row is empty, a mask's length differs, or a first token is scored.</exception>
    public TokenBatch(IReadOnlyList<int[]> tokens, IReadOnlyList<bool[]> mask, int paddingToken = 0)
    {
        if (tokens.Count == 0) { throw new ArgumentException("A batch needs at least one row.", nameof(tokens)); }
        if (mask.Count != tokens.Count) { throw new ArgumentException($"{tokens.Count} rows of tokens need as many masks; got {mask.Count}.", nameof(mask)); }
        Rows = tokens.Count;
        Length = tokens.Max(row => row.Length);
        Tokens = new int[Rows * Length];
        Mask = new bool[Rows * Length];
        Lengths = new int[Rows];
        Array.Fill(Tokens, paddingToken);
        for (var row = 0; row < Rows; row++)
        {
            if (tokens[row].Length == 0) { throw new ArgumentException($"Row {row} has no tokens.", nameof(tokens)); }
            if (mask[row].Length != tokens[row].Length) { throw new ArgumentException($"Row {row} has {tokens[row].Length} tokens and a mask of {mask[row].Length}.", nameof(mask)); }
            if (mask[row][0]) { throw new ArgumentException($"Row {row} scores its first token, which nothing precedes. Begin rows with a prompt or a start token.", nameof(mask)); }
            tokens[row].CopyTo(Tokens, row * Length);
            mask[row].CopyTo(Mask, row * Length);
            Lengths[row] = tokens[row].Length;
        }
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Columns: the length of the longest row.</summary>
    public int Length { get; }

    /// <summary>[rows, length], row-major.</summary>
    public int[] Tokens { get; }

    /// <summary>[rows, length]: true where a token is scored.</summary>
    public bool[] Mask { get; }

    /// <summary>[rows]: tokens of each row, padding apart.</summary>
    public int[] Lengths { get; }
}
