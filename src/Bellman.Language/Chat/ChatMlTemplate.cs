using System.Text.RegularExpressions;

namespace Bellman.Language.Chat;

/// <summary>
/// ChatML, as Qwen and many others use it: <c>&lt;|im_start|&gt;role\ncontent&lt;|im_end|&gt;\n</c>.
/// </summary>
/// <param name="defaultSystem">The system message of conversations that have none, or null.</param>
/// <param name="begins">Whether the prompt begins with the tokenizer's start tokens.</param>
internal sealed partial class ChatMlTemplate(string? defaultSystem, bool begins) : ChatTemplate
{
    public override string Name => "chatml";

    public override IReadOnlyList<string> EndTexts { get; } = ["<|im_end|>"];

    public override string Source =>
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    /// <summary>Some models add a system message of their own when a conversation has none; it is read from the template.</summary>
    public static new ChatMlTemplate Recognise(string template)
    {
        var match = DefaultSystem().Match(template);
        return new ChatMlTemplate(match.Success ? match.Groups[1].Value.Replace("\\n", "\n", StringComparison.Ordinal) : null, template.Contains("bos_token", StringComparison.Ordinal));
    }

    internal override void Write(IReadOnlyList<ChatMessage> messages, PromptWriter prompt)
    {
        if (begins) { prompt.Start(); }
        if (defaultSystem is not null && messages[0].Role != "system") { Turn(prompt, "system", defaultSystem); }
        foreach (var message in messages) { Turn(prompt, message.Role, message.Content); }
        prompt.Special("<|im_start|>").Text("assistant\n");
    }

    private static void Turn(PromptWriter prompt, string role, string content) =>
        prompt.Special("<|im_start|>").Text($"{role}\n{content}").Special("<|im_end|>").Text("\n");

    // The literal system turn of the branch without tools: text up to the end of the turn, in one quoted string.
    [GeneratedRegex(@"<\|im_start\|>system(?:\\n|\n)([^'""{}<]+)<\|im_end\|>", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DefaultSystem();
}
