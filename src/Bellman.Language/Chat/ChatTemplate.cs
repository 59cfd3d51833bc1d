namespace Bellman.Language.Chat;

/// <summary>
/// How a conversation becomes the tokens of a prompt. Only known layouts are written, by code of our own: the templates in
/// models' folders are programs, and nothing from a file is run.
/// </summary>
public abstract class ChatTemplate
{
    /// <summary>The names <c>--template</c> takes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["chatml", "llama3", "plain"];

    /// <summary>Its name.</summary>
    public abstract string Name { get; }

    /// <summary>The whole conversation matters; false where each message is continued on its own.</summary>
    public virtual bool HasMemory => true;

    /// <summary>Texts of tokens that end an answer in this layout, besides the tokenizer's own end tokens.</summary>
    public virtual IReadOnlyList<string> EndTexts => [];

    /// <summary>The layout as the template that other programs read from a model's folder; null for plain.</summary>
    public virtual string? Source => null;

    /// <summary>
    /// The prompt that asks for the assistant's next message. What users wrote is never read as a special token.
    /// </summary>
    /// <exception cref="UsageException">There is no message, a role is unknown, or the tokenizer lacks a token of the layout.</exception>
    public int[] Encode(IReadOnlyList<ChatMessage> messages, ITokenizer tokenizer)
    {
        if (messages.Count == 0) { throw new UsageException("A conversation needs at least one message."); }
        if (messages.FirstOrDefault(message => message.Role is not ("system" or "user" or "assistant")) is { } unknown)
        {
            throw new UsageException($"The role '{unknown.Role}' is not known. Roles are system, user and assistant.");
        }
        var prompt = new PromptWriter(tokenizer);
        Write(messages, prompt);
        return prompt.ToTokens();
    }

    /// <summary>The template of this name.</summary>
    /// <exception cref="UsageException">There is none; the message lists all.</exception>
    public static ChatTemplate Named(string name) => name switch
    {
        "chatml" => new ChatMlTemplate(null, begins: false),
        "llama3" => new Llama3Template(preamble: false),
        "plain" => new PlainTemplate(),
        _ => throw NearNames.Unknown("chat template", name, Names, $"Templates are: {string.Join(", ", Names)}."),
    };

    /// <summary>The template that a folder's own template amounts to; plain when it has none.</summary>
    /// <param name="template">The text of the folder's template, or null.</param>
    /// <exception cref="UsageException">The template is none of the known ones.</exception>
    public static ChatTemplate Recognise(string? template) => Find(template)
        ?? throw new UsageException($"The model's chat template is none of those that are known ({string.Join(", ", Names)}), and templates from files are not run. Choose the nearest with --template NAME.");

    /// <summary>As <see cref="Recognise(string?)"/>, with what to take for a template that is not known.</summary>
    internal static ChatTemplate Recognise(string? template, ChatTemplate fallback) => Find(template) ?? fallback;

    private static ChatTemplate? Find(string? template)
    {
        if (string.IsNullOrWhiteSpace(template)) { return new PlainTemplate(); }
        if (template.Contains("<|im_start|>", StringComparison.Ordinal) && template.Contains("<|im_end|>", StringComparison.Ordinal)) { return ChatMlTemplate.Recognise(template); }
        return template.Contains("<|start_header_id|>", StringComparison.Ordinal) && template.Contains("<|eot_id|>", StringComparison.Ordinal) ? Llama3Template.Recognise(template) : null;
    }

    /// <summary>Writes the prompt.</summary>
    internal abstract void Write(IReadOnlyList<ChatMessage> messages, PromptWriter prompt);
}
