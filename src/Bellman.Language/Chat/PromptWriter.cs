using System.Text;
using Bellman.Language.Tokenizers;

namespace Bellman.Language.Chat;

/// <summary>
/// Builds a prompt from special tokens and text. Neighbouring texts are encoded together, so that the ids are those of the
/// whole prompt, and text never becomes a special token.
/// </summary>
internal sealed class PromptWriter(ITokenizer tokenizer)
{
    private readonly List<int> tokens = [];
    private readonly StringBuilder pending = new();

    public PromptWriter Text(string text)
    {
        pending.Append(text);
        return this;
    }

    public PromptWriter Special(string token)
    {
        Flush();
        if (tokenizer is not HuggingFaceTokenizer known || known.Find(token) is not { } id)
        {
            throw new UsageException($"The tokenizer has no token '{token}', which this chat template needs. Choose another with --template; models without chat training take plain.");
        }
        tokens.Add(id);
        return this;
    }

    public PromptWriter Start()
    {
        Flush();
        tokens.AddRange(tokenizer.StartTokens);
        return this;
    }

    public int[] ToTokens()
    {
        Flush();
        return [.. tokens];
    }

    private void Flush()
    {
        if (pending.Length == 0) { return; }
        tokens.AddRange(tokenizer.Encode(pending.ToString()));
        pending.Clear();
    }
}
