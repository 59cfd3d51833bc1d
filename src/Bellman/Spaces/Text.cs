namespace Bellman;

/// <summary>
/// Strings over an alphabet, of bounded length. An element is <see cref="MaximumLength"/> floats: the index of each
/// character in the alphabet, then -1 to the end. The flattened form is the same numbers.
/// </summary>
public sealed record Text : Space
{
    /// <summary>Letters, digits, punctuation and space.</summary>
    public const string DefaultAlphabet =
        " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"()[]{}<>+-*/=_#%&@$^|\\~`\n";

    /// <summary>Texts of <paramref name="minimumLength"/> to <paramref name="maximumLength"/> characters of the alphabet.</summary>
    public Text(int maximumLength, int minimumLength = 0, string alphabet = DefaultAlphabet)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(minimumLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minimumLength, maximumLength);
        if (alphabet.Length == 0 || alphabet.Distinct().Count() != alphabet.Length)
        {
            throw new ArgumentException("The alphabet of a Text space needs at least one character and none twice.", nameof(alphabet));
        }
        MaximumLength = maximumLength;
        MinimumLength = minimumLength;
        Alphabet = alphabet;
    }

    /// <summary>Longest text.</summary>
    public int MaximumLength { get; }

    /// <summary>Shortest text.</summary>
    public int MinimumLength { get; }

    /// <summary>The characters a text may have.</summary>
    public string Alphabet { get; }

    /// <inheritdoc/>
    public override int Size => MaximumLength;

    /// <inheritdoc/>
    public override int FlatSize => MaximumLength;

    /// <inheritdoc/>
    public override bool IsFlat => true;

    /// <summary>Writes a text as an element.</summary>
    /// <exception cref="ArgumentException">The text is too short or long, or has a character outside the alphabet.</exception>
    public void Encode(string text, Span<float> element)
    {
        if (text.Length < MinimumLength || text.Length > MaximumLength)
        {
            throw new ArgumentException($"The text has {text.Length} characters where {this} takes {MinimumLength} to {MaximumLength}.", nameof(text));
        }
        element[..MaximumLength].Fill(-1);
        for (var i = 0; i < text.Length; i++)
        {
            var index = Alphabet.IndexOf(text[i], StringComparison.Ordinal);
            if (index < 0) { throw new ArgumentException($"Character '{text[i]}' at {i} is not in the alphabet of {this}.", nameof(text)); }
            element[i] = index;
        }
    }

    /// <summary>Reads an element back as a text.</summary>
    public string Decode(ReadOnlySpan<float> element)
    {
        var end = element.IndexOf(-1f);
        return string.Create(end < 0 ? element.Length : end, element, (text, indices) =>
        {
            for (var i = 0; i < text.Length; i++) { text[i] = Alphabet[(int)indices[i]]; }
        });
    }

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element)
    {
        if (ExplainSize(element) is { } wrongSize) { return wrongSize; }
        var end = element.IndexOf(-1f);
        var length = end < 0 ? element.Length : end;
        if (length < MinimumLength) { return $"the text has {length} characters, fewer than {MinimumLength}"; }
        for (var i = 0; i < element.Length; i++)
        {
            if (i >= length && element[i] != -1) { return $"position {i} follows the end of the text but is {element[i]}, not -1"; }
            if (i < length && Discrete.ExplainIndex(element[i], Alphabet.Length, $"character {i}") is { } wrong) { return wrong; }
        }
        return null;
    }

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element)
    {
        var length = MinimumLength + random.NextInt32(MaximumLength - MinimumLength + 1);
        for (var i = 0; i < MaximumLength; i++) { element[i] = i < length ? random.NextInt32(Alphabet.Length) : -1; }
    }

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat) => element.CopyTo(flat);

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element) => flat.CopyTo(element);

    /// <inheritdoc/>
    public override string ToString() => $"Text({MinimumLength} to {MaximumLength} characters)";
}
