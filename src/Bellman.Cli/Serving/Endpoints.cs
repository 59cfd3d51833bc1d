using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Language.Chat;
using Microsoft.AspNetCore.Http;

namespace Bellman.Cli.Serving;

/// <summary>The two ways to ask: a prompt to be continued, and a conversation to be answered.</summary>
/// <param name="name">What the server calls its model, whichever weights it has.</param>
/// <param name="queue">Where requests wait.</param>
/// <param name="options">What is allowed.</param>
internal sealed class Endpoints(string name, GenerationQueue queue, ServerOptions options)
{
    private const int CompletionTokens = 16;
    private const int ChatTokens = 1024;
    private const int MostMessages = 10_000;
    private const int MostPrompts = 1024;

    public JsonObject Models() => new()
    {
        ["object"] = "list",
        ["data"] = new JsonArray(new JsonObject { ["id"] = name, ["object"] = "model", ["created"] = 0, ["owned_by"] = "bellman", ["max_model_len"] = queue.Model.Folder.Model.ContextLength, ["weight_version"] = queue.Model.Version }),
    };

    public async Task Complete(HttpContext context)
    {
        var fields = await Fields(context);
        fields.RefuseUnsupported("echo", "suffix", "logit_bias", "presence_penalty", "frequency_penalty");
        if (fields.Integer("best_of", 1, 128) is { } best && best != (fields.Integer("n", 1, 128) ?? 1)) { throw new ApiError(400, "'best_of' must equal 'n': all responses are returned.", "best_of"); }
        var logs = fields.Integer("logprobs", 0, 1) is not null;
        var model = queue.Model;
        var request = GenerationRequest.Read(fields, Prompts(fields, model.Folder.Tokenizer), model.Folder, options, CompletionTokens, logs);
        await Answer(context, AnswerFormat.Completions, request, model);
    }

    public async Task Chat(HttpContext context)
    {
        var fields = await Fields(context);
        fields.RefuseUnsupported("tools", "functions", "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty", "audio");
        if ((fields["response_format"] as JsonObject)?["type"]?.ToString() is { } form && form != "text") { throw new ApiError(400, "'response_format' must be text: answers cannot be constrained.", "response_format"); }
        var model = queue.Model;
        int[] prompt;
        try
        {
            prompt = model.Folder.Template.Encode(Messages(fields), model.Folder.Tokenizer);
        }
        catch (UsageException error)
        {
            throw new ApiError(400, error.Message, "messages");
        }
        await Answer(context, AnswerFormat.Chat, GenerationRequest.Read(fields, [prompt], model.Folder, options, ChatTokens, fields.Flag("logprobs")), model);
    }

    /// <summary>Lets the model of another folder answer from now on: how a trainer hands over what it has learned. Named as in SGLang.</summary>
    public async Task Update(HttpContext context)
    {
        var fields = await RequestFields.Read(context.Request, context.RequestAborted);
        var path = fields.Text("model_path") ?? throw new ApiError(400, "'model_path' is missing: the folder with the new weights.", "model_path");
        if (options.Updates is not { } root) { throw new ApiError(403, "This server keeps its weights. Start it with --updates FOLDER to let it load models from below that folder."); }
        if (!Below(Path.GetFullPath(path), Path.GetFullPath(root))) { throw new ApiError(403, $"This server loads models from below {root} only.", "model_path"); }
        var version = fields.Text("weight_version") ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        LanguageModelFolder folder;
        try
        {
            folder = LanguageModelFolder.Load(path, options.Use.Template, options.Use.Compute);
        }
        catch (BellmanException error)
        {
            throw new ApiError(400, $"The model was not replaced: {error.Message}", "model_path");
        }
        try
        {
            await queue.Replace(ServedModel.Of(folder, version));
        }
        catch (ApiError)
        {
            folder.Dispose();
            throw;
        }
        await context.Response.WriteAsync(new JsonObject { ["success"] = true, ["message"] = $"{name} has the weights of {path}.", ["weight_version"] = version }.ToJsonString());
    }

    private static bool Below(string path, string root) => path.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private async Task Answer(HttpContext context, AnswerFormat format, GenerationRequest request, ServedModel model)
    {
        var job = queue.Add(request, model, context.RequestAborted);
        var writer = new AnswerWriter(name, format, job);
        context.Response.ContentType = "application/json";
        await (request.Stream ? writer.Streamed(context.Response) : writer.Whole(context.Response));
    }

    private async Task<RequestFields> Fields(HttpContext context)
    {
        var fields = await RequestFields.Read(context.Request, context.RequestAborted);
        var asked = fields.Text("model");
        return asked is null || asked == name ? fields : throw new ApiError(404, $"The model '{asked}' is not served here; '{name}' is.", "model");
    }

    private static IReadOnlyList<int[]> Prompts(RequestFields fields, ITokenizer tokenizer)
    {
        int[] Encode(string text) => [.. tokenizer.StartTokens, .. tokenizer.Encode(text)];

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
