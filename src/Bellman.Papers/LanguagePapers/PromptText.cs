using Bellman.Language;

namespace Bellman.Papers.LanguagePapers;

/// <summary>Text that is written into a prompt by a method: in words, or, where a small model's alphabet has no letters for them, without.</summary>
internal static class PromptText
{
    /// <summary>How a prompt's text becomes tokens.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="tokenizer">For prompts that do not say so themselves.</param>
    /// <param name="what">What is to be written, for the message: "hint".</param>
    /// <exception cref="UsageException">Neither is known.</exception>
    public static Func<string, int[]> EncoderOf(PromptItem prompt, ITokenizer? tokenizer, string what) => prompt.Encode ?? (tokenizer is null
        ? throw new UsageException($"The prompt '{prompt.Id}' does not say how its text becomes tokens, so no {what} can be written into it. Give the trainer a tokenizer.")
        : text => tokenizer.Encode(text));

    /// <summary>The tokens of a text, or of its bare form where the alphabet lacks a character of it.</summary>
    public static int[] Encode(Func<string, int[]> encode, string text, string bare)
    {
        try
        {
            return encode(text);
        }
        catch (UsageException)
        {
            return encode(bare);
        }
    }
}
