namespace Bellman.Language.Chat;

/// <summary>
/// No layout: the last message is the prompt, word for word. For base models, and for small ones trained on a task, which
/// never saw a conversation.
/// </summary>
internal sealed class PlainTemplate : ChatTemplate
{
    public override string Name => "plain";

    public override bool HasMemory => false;

    internal override void Write(IReadOnlyList<ChatMessage> messages, PromptWriter prompt) => prompt.Start().Text(messages[^1].Content);
}
