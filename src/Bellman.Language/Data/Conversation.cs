using System.Text.Json.Nodes;
using Bellman.Language.Chat;

namespace Bellman.Language.Data;

/// <summary>Conversations as data sets write them: a list of messages, or one text with speakers.</summary>
public static class Conversation
{
    private const string Human = "\n\nHuman:";
    private const string Assistant = "\n\nAssistant:";

    /// <summary>Reads <c>[{"role": ..., "content": ...}, ...]</c>; <c>from</c> and <c>value</c> are understood as well.</summary>
    /// <exception cref="UsageException">A message is malformed or has an unknown role.</exception>
    public static IReadOnlyList<ChatMessage> Read(JsonArray messages, DataRow row, string column)
    {
        return [.. messages.Select(Message)];

        ChatMessage Message(JsonNode? node)
        {
            var role = Text(node, "role") ?? Text(node, "from");
            var content = Text(node, "content") ?? Text(node, "value");
            if (role is null || content is null) { throw new UsageException($"{row.Place}: a message in '{column}' has no role or no content. Write {{\"role\": \"user\", \"content\": \"...\"}}."); }
            return new ChatMessage(role switch
            {
                "user" or "human" => "user",
                "assistant" or "gpt" => "assistant",
                "system" => "system",
                _ => throw new UsageException($"{row.Place}: a message in '{column}' has the role '{role}'. Roles are system, user and assistant."),
            }, content);
        }

        static string? Text(JsonNode? node, string name) => (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    /// <summary>Whether a text is a conversation of "\n\nHuman: ...\n\nAssistant: ..." turns, as in hh-rlhf.</summary>
    public static bool IsTranscript(string text) => text.StartsWith(Human, StringComparison.Ordinal) && text.Contains(Assistant, StringComparison.Ordinal);

    /// <summary>Reads such a text.</summary>
    public static IReadOnlyList<ChatMessage> ReadTranscript(string text)
    {
        var messages = new List<ChatMessage>();
        for (var at = 0; at < text.Length;)
        {
            var isHuman = text.AsSpan(at).StartsWith(Human, StringComparison.Ordinal);
            var start = at + (isHuman ? Human : Assistant).Length;
            var human = text.IndexOf(Human, start, StringComparison.Ordinal);
            var assistant = text.IndexOf(Assistant, start, StringComparison.Ordinal);
            var end = (human, assistant) switch { ( < 0, < 0) => text.Length, ( < 0, _) => assistant, (_, < 0) => human, _ => Math.Min(human, assistant) };
            messages.Add(new ChatMessage(isHuman ? "user" : "assistant", text[start..end].Trim()));
            at = end;
        }
        return messages;
    }
}
