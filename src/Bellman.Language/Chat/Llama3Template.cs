namespace Bellman.Language.Chat;

/// <summary>
/// Llama 3: <c>&lt;|start_header_id|&gt;role&lt;|end_header_id|&gt;\n\ncontent&lt;|eot_id|&gt;</c> after the start token. Llama 3.1 and later put
/// the dates of their template before the system message.
/// </summary>
internal sealed class Llama3Template(bool preamble) : ChatTemplate
{
    // The date that Meta's templates fall back to; a real date would make prompts differ from day to day.
    private const string Dates = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";

    public override string Name => "llama3";

    public override IReadOnlyList<string> EndTexts { get; } = ["<|eot_id|>"];

    public override string Source =>
        "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

    public static new Llama3Template Recognise(string template) => new(template.Contains("Cutting Knowledge Date", StringComparison.Ordinal));

    internal override void Write(IReadOnlyList<ChatMessage> messages, PromptWriter prompt)
    {
        prompt.Special("<|begin_of_text|>");
        if (preamble)
        {
            var system = messages[0].Role == "system" ? messages[0].Content.Trim() : "";
            Turn(prompt, "system", Dates + system);
        }
        foreach (var message in messages.Skip(preamble && messages[0].Role == "system" ? 1 : 0)) { Turn(prompt, message.Role, message.Content.Trim()); }
        prompt.Special("<|start_header_id|>").Text("assistant").Special("<|end_header_id|>").Text("\n\n");
    }

    private static void Turn(PromptWriter prompt, string role, string content) =>
        prompt.Special("<|start_header_id|>").Text(role).Special("<|end_header_id|>").Text("\n\n" + content).Special("<|eot_id|>");
}
