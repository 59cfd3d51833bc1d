namespace Bellman.Language;

/// <summary>When responses end: end tokens, stop texts, limits.</summary>
internal sealed class StopConditions
{
    private readonly HashSet<int> endTokens;
    private readonly string[] stopTexts;
    private readonly ITokenizer? tokenizer;
    private readonly int longestStop;

    public StopConditions(SamplingOptions options, IReadOnlyList<int> modelEndTokens, ITokenizer? tokenizer)
    {
        endTokens = [.. options.StopTokens.Length > 0 ? options.StopTokens : modelEndTokens];
        stopTexts = [.. options.StopTexts.Where(text => text.Length > 0)];
        this.tokenizer = tokenizer;
        if (stopTexts.Length == 0) { return; }
        if (tokenizer is null) { throw new UsageException("Stop texts need a tokenizer to be recognised. Give the sampler one, or name stop tokens."); }
        longestStop = stopTexts.Max(System.Text.Encoding.UTF8.GetByteCount);
    }

    /// <summary>Why a response ends with its last token, or null if it goes on.</summary>
    public FinishReason? Check(List<int> tokens, int most)
    {
        if (endTokens.Contains(tokens[^1])) { return FinishReason.EndToken; }
        if (tokenizer is not null && stopTexts.Length > 0)
        {
            // A token is at least a byte, so a stop text that ends here lies within as many tokens as it has bytes.
            var tail = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tokens);
            var text = tokenizer.Decode(tail[^Math.Min(tail.Length, longestStop + 8)..]);
            if (Array.Exists(stopTexts, stop => text.Contains(stop, StringComparison.Ordinal))) { return FinishReason.StopText; }
        }
        return tokens.Count >= most ? FinishReason.Length : null;
    }
}

/// <summary>One response while it is drawn.</summary>
internal sealed class GrowingResponse
{
    private readonly List<int> tokens = [];
    private readonly List<float> logProbabilities = [];
    private readonly List<float> entropies = [];
    private readonly HashSet<int>? seen;
    private readonly RandomStream random;
    private readonly int most;

    /// <param name="prompt">What it continues.</param>
    /// <param name="sample">Which of the prompt's responses.</param>
    /// <param name="options">How it is drawn.</param>
    /// <param name="context">Most tokens, prompt and response together.</param>
    public GrowingResponse(SamplingPrompt prompt, int sample, SamplingOptions options, int context)
    {
        random = prompt.Random.Child("sample", sample);
        most = Math.Min(options.MaximumNewTokens, context - prompt.Tokens.Length);
        seen = options.RepetitionPenalty == 1 ? null : [.. prompt.Tokens];
    }

    /// <summary>Its last token.</summary>
    public int Last => tokens[^1];

    /// <summary>Draws the next token and says why the response ends there, if it does.</summary>
    public (DrawnToken Drawn, FinishReason? Finish) Draw(ReadOnlySpan<float> logits, TokenDraw draw, StopConditions stop) => Append(draw.Draw(logits, seen, random), stop);

    /// <summary>The number that the next token is drawn with, for whoever draws it elsewhere.</summary>
    public double NextUniform() => random.NextDouble();

    /// <summary>Adds a token that was drawn and says why the response ends there, if it does.</summary>
    public (DrawnToken Drawn, FinishReason? Finish) Append(DrawnToken drawn, StopConditions stop)
    {
        tokens.Add(drawn.Token);
        logProbabilities.Add(drawn.LogProbability);
        entropies.Add(drawn.Entropy);
        seen?.Add(drawn.Token);
        return (drawn, stop.Check(tokens, most));
    }

    public Completion Complete(FinishReason finish) => new([.. tokens], [.. logProbabilities], [.. entropies], finish);
}
