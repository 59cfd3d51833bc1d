using System.Text.RegularExpressions;

namespace Bellman.Language.Chat;

/// <summary>
/// ChatML, as Qwen and many others use it: <c>&lt;|im_start|&gt;role\ncontent&lt;|im_end|&gt;\n</c>.
/// </summary>
internal sealed partial class ChatMlTemplate(string? defaultSystem) : ChatTemplate
{
    public override string Name => "chatml";

    public override IReadOnlyList<string> EndTexts { get; } = ["<|im_end|>"];

    /// <summary>Some models add a system message of their own when a conversation has none; it is read from the template.</summary>
    public static new ChatMlTemplate Recognise(string template)
    {
        var match = DefaultSystem().Match(template);
        return new ChatMlTemplate(match.Success ? match.Groups[1].Value.Replace("\\n", "\n", StringComparison.Ordinal) : null);
    }

    internal override void Write(IReadOnlyList<ChatMessage> messages, PromptWriter prompt)
    {
        if (defaultSystem is not null && messages[0].Role != "system") { Turn(prompt, "system", defaultSystem); }
        foreach (var message in messages) { Turn(prompt, message.Role, message.Content); }
        prompt.Special("<|im_start|>").Text("assistant\n");
    }

    private static void Turn(PromptWriter prompt, string role, string content) =>
        prompt.Special("<|im_start|>").Text($"{role}\n{content}").Special("<|im_end|>").Text("\n");

    // The literal system turn of the branch without tools: text up to the end of the turn, in one quoted string.
    [GeneratedRegex(@"<\|im_start\|>system\\n([^'""{}<]+)<\|im_end\|>", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DefaultSystem();
}
