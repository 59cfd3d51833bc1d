using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Language.Chat;
using Microsoft.AspNetCore.Http;

namespace Bellman.Cli.Serving;

/// <summary>The two ways to ask: a prompt to be continued, and a conversation to be answered.</summary>
internal sealed class Endpoints(LanguageModelFolder model, GenerationQueue queue, ServerOptions options)
{
    private const int CompletionTokens = 16;
    private const int ChatTokens = 1024;
    private const int MostMessages = 10_000;
    private const int MostPrompts = 1024;

    public JsonObject Models() => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray(new JsonObject { ["id"] = model.Name, ["object"] = "model", ["created"] = 0, ["owned_by"] = "bellman", ["max_model_len"] = model.Model.ContextLength }),
    };

    public async Task Complete(HttpContext context)
    {
        var fields = await Fields(context);
        fields.RefuseUnsupported("echo", "suffix", "logit_bias", "presence_penalty", "frequency_penalty");
        if (fields.Integer("best_of", 1, 128) is { } best && best != (fields.Integer("n", 1, 128) ?? 1)) { throw new ApiError(400, "'best_of' must equal 'n': all responses are returned.", "best_of"); }
        var logs = fields.Integer("logprobs", 0, 1) is not null;
        var request = GenerationRequest.Read(fields, Prompts(fields), model, options, CompletionTokens, logs);
        await Answer(context, AnswerFormat.Completions, request);
    }

    public async Task Chat(HttpContext context)
    {
        var fields = await Fields(context);
        fields.RefuseUnsupported("tools", "functions", "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty", "audio");
        if ((fields["response_format"] as JsonObject)?["type"]?.ToString() is { } form && form != "text") { throw new ApiError(400, "'response_format' must be text: answers cannot be constrained.", "response_format"); }
        int[] prompt;
        try
        {
            prompt = model.Template.Encode(Messages(fields), model.Tokenizer);
        }
        catch (UsageException error)
        {
            throw new ApiError(400, error.Message, "messages");
        }
        await Answer(context, AnswerFormat.Chat, GenerationRequest.Read(fields, [prompt], model, options, ChatTokens, fields.Flag("logprobs")));
    }

    private async Task Answer(HttpContext context, AnswerFormat format, GenerationRequest request)
    {
        var job = queue.Add(request, context.RequestAborted);
        var writer = new AnswerWriter(model, format, job);
        context.Response.ContentType = "application/json";
        await (request.Stream ? writer.Streamed(context.Response) : writer.Whole(context.Response));
    }

    private async Task<RequestFields> Fields(HttpContext context)
    {
        var fields = await RequestFields.Read(context.Request, context.RequestAborted);
        var name = fields.Text("model");
        return name is null || name == model.Name ? fields : throw new ApiError(404, $"The model '{name}' is not served here; '{model.Name}' is.", "model");
    }

    private IReadOnlyList<int[]> Prompts(RequestFields fields)
    {
        try
        {
            return fields["prompt"] switch
            {
                JsonArray { Count: > MostPrompts } => throw RequestFields.Wrong("prompt", $"at most {MostPrompts} prompts"),
                JsonArray list when list.Count > 0 && list[0] is JsonArray => [.. list.Select(item => item is JsonArray tokens ? RequestFields.ReadTokens(tokens, "prompt") : throw RequestFields.Wrong("prompt", "lists of token ids"))],
                JsonArray list when list.Count > 0 && list[0] is JsonValue value && value.TryGetValue<int>(out _) => [RequestFields.ReadTokens(list, "prompt")],
                null => throw new ApiError(400, "'prompt' is missing.", "prompt"),
                _ => fields.Texts("prompt") is { Length: > 0 } texts ? [.. texts.Select(Encode)] : throw RequestFields.Wrong("prompt", "a text, a list of texts, or token ids"),
            };
        }
        catch (UsageException error)
        {
            throw new ApiError(400, error.Message, "prompt");
        }
    }

    private int[] Encode(string text) => [.. model.Tokenizer.StartTokens, .. model.Tokenizer.Encode(text)];

    private static IReadOnlyList<ChatMessage> Messages(RequestFields fields)
    {
        if (fields["messages"] is not JsonArray { Count: > 0 and <= MostMessages } list) { throw RequestFields.Wrong("messages", "a list of messages with role and content"); }
        return [.. list.Select(Message)];

        static ChatMessage Message(JsonNode? node)
        {
            if (node is not JsonObject message || message["role"]?.ToString() is not { } role) { throw RequestFields.Wrong("messages", "a list of messages with role and content"); }
            return new ChatMessage(role == "developer" ? "system" : role, message["content"] switch
            {
                JsonValue value when value.TryGetValue<string>(out var text) => text,
                JsonArray parts => string.Concat(parts.Select(part => part is JsonObject piece && piece["type"]?.ToString() == "text" && piece["text"] is { } text ? text.ToString()
                    : throw new ApiError(400, "Only text can be read; a message has content of another type.", "messages"))),
                _ => throw RequestFields.Wrong("messages", "a list of messages with role and content"),
            });
        }
    }
}
