using System.Text;
using Bellman.Language;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>A response taken apart.</summary>
/// <param name="ThinkingLength">l: tokens before the closing delimiter; all of them where it is missing.</param>
/// <param name="Closed">Whether the thinking ended.</param>
/// <param name="PredictedTokens">What follows it, the end token apart; empty where it did not end.</param>
/// <param name="PredictedText">The same as text, never stripped.</param>
public sealed record ReasonedResponse(int ThinkingLength, bool Closed, int[] PredictedTokens, string PredictedText);

/// <summary>How a prefix becomes a prompt that asks for thinking and the next token, and a response its parts.</summary>
/// <param name="tokenizer">The model's.</param>
/// <param name="instruction">The text before the prefix, with the budget in it; null for no budget.</param>
/// <param name="open">Begins the thinking; the prompt's end.</param>
/// <param name="close">Ends the thinking.</param>
public sealed class ReasoningForm(ITokenizer tokenizer, Func<int?, string> instruction, string open, string close)
{
    /// <summary>The form of a model that can write tags.</summary>
    public static ReasoningForm Tags(ITokenizer tokenizer) => new(tokenizer, Asking, "\n<think>", "</think>");

    /// <summary>The form of a small alphabet: the thinking ends with a semicolon, and no budget can be written.</summary>
    public static ReasoningForm Semicolon(ITokenizer tokenizer) => new(tokenizer, _ => "", "", ";");

    /// <summary>No thinking: the response is the prediction.</summary>
    public static ReasoningForm Direct(ITokenizer tokenizer) => new(tokenizer, _ => "", "", "");

    /// <summary>The form of a layout; automatic takes tags where the tokenizer can write them.</summary>
    public static ReasoningForm For(ITokenizer tokenizer, ReasoningLayout layout) =>
        layout == ReasoningLayout.Direct ? Direct(tokenizer)
        : layout == ReasoningLayout.Tags || (layout == ReasoningLayout.Automatic && CanWrite(tokenizer, Asking(1234567890) + "\n<think></think>")) ? Tags(tokenizer) : Semicolon(tokenizer);

    /// <summary>Whether the tokenizer knows every letter of a text.</summary>
    public static bool CanWrite(ITokenizer tokenizer, string text)
    {
        try
        {
            return tokenizer.Encode(text).Length > 0;
        }
        catch (UsageException)
        {
            return false;
        }
    }

    /// <summary>The prompt of a prefix.</summary>
    /// <param name="prefix">The tokens before the target.</param>
    /// <param name="budget">Thinking tokens asked for; null for none.</param>
    /// <param name="ask">The model's chat layout; null for plain text, in which the prefix keeps its own tokens.</param>
    public int[] Prompt(int[] prefix, int? budget, Func<string, int[]>? ask = null)
    {
        var text = instruction(budget);
        var begin = open.Length == 0 ? [] : tokenizer.Encode(open, allowSpecial: true);
        if (ask is not null && text.Length > 0) { return [.. ask(text + tokenizer.Decode(prefix)), .. begin]; }
        return [.. tokenizer.StartTokens, .. text.Length == 0 ? [] : tokenizer.Encode(text), .. prefix, .. begin];
    }

    /// <summary>The parts of a response.</summary>
    public ReasonedResponse Parse(int[] response)
    {
        var own = response.Length > 0 && tokenizer.EndTokens.Contains(response[^1]) ? response[..^1] : response;
        var pieces = own.Select(token => tokenizer.Decode([token], skipSpecial: false)).ToList();
        var text = string.Concat(pieces);
        var at = text.IndexOf(close, StringComparison.Ordinal);
        if (at < 0) { return new ReasonedResponse(own.Length, false, [], ""); }
        var (length, position) = (0, 0);
        // Tokens that begin before the delimiter are thinking, those that begin after it the prediction.
        while (length < pieces.Count && position < at) { position += pieces[length++].Length; }
        var end = length;
        while (end < pieces.Count && position < at + close.Length) { position += pieces[end++].Length; }
        return new ReasonedResponse(length, true, own[end..], text[(at + close.Length)..]);
    }

    /// <summary>
    /// Whether a prediction hits: the target itself where it is one token, otherwise a text that is a prefix of the true
    /// continuation, byte by byte, and ends where one of its tokens ends.
    /// </summary>
    /// <param name="response">The prediction.</param>
    /// <param name="continuation">The true tokens from the target on, at least one.</param>
    public bool IsHit(ReasonedResponse response, ReadOnlySpan<int> continuation)
    {
        if (!response.Closed || response.PredictedText.Length == 0) { return false; }
        if (response.PredictedTokens.Length == 1 && response.PredictedTokens[0] == continuation[0] && tokenizer.Decode(response.PredictedTokens, skipSpecial: false) == response.PredictedText) { return true; }
        var predicted = Encoding.UTF8.GetBytes(response.PredictedText);
        for (var count = 1; count <= continuation.Length; count++)
        {
            var bytes = Encoding.UTF8.GetBytes(tokenizer.Decode(continuation[..count], skipSpecial: false));
            if (bytes.Length == predicted.Length) { return bytes.AsSpan().SequenceEqual(predicted); }
            if (bytes.Length > predicted.Length) { return false; }
        }
        return false;
    }

    private static string Asking(int? budget) =>
        "Continue the text by its next token. Think first, inside <think> and </think>" + (budget is { } tokens ? $", in about {tokens} tokens" : "") + "; then write the next token and nothing else.\n\n";
}
