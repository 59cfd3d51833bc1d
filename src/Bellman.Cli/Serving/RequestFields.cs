using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Bellman.Cli.Serving;

/// <summary>The fields of a request's body; what has another kind or is out of range is refused by name.</summary>
internal sealed class RequestFields(JsonObject body)
{
    /// <exception cref="ApiError">The body is no JSON object.</exception>
    public static async Task<RequestFields> Read(HttpRequest request, CancellationToken cancellation)
    {
        try
        {
            var node = await JsonNode.ParseAsync(request.Body, cancellationToken: cancellation);
            return node is JsonObject body ? new RequestFields(body) : throw new ApiError(400, "The body must be a JSON object.");
        }
        catch (JsonException error)
        {
            throw new ApiError(400, $"The body is not valid JSON: {error.Message}");
        }
        catch (BadHttpRequestException error)
        {
            throw new ApiError(error.StatusCode, error.StatusCode == 413 ? "The request is too large." : error.Message);
        }
    }

    public JsonNode? this[string name] => body[name];

    public string? Text(string name) => body[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Wrong(name, "a text"),
    };

    public bool Flag(string name) => body[name] switch
    {
        null => false,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Wrong(name, "true or false"),
    };

    public int? Integer(string name, int minimum, int maximum) => body[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<int>(out var number) && number >= minimum && number <= maximum => number,
        _ => throw Wrong(name, $"a whole number from {minimum} to {maximum}"),
    };

    public double? Number(string name, double minimum, double maximum) => body[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<double>(out var number) && number >= minimum && number <= maximum => number,
        _ => throw Wrong(name, $"a number from {minimum} to {maximum}"),
    };

    /// <summary>A text or a list of texts.</summary>
    public string[] Texts(string name) => body[name] switch
    {
        null => [],
        JsonArray list => [.. list.Select(item => item is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Wrong(name, "a text or a list of texts"))],
        _ => [Text(name) ?? ""],
    };

    /// <summary>A list of token ids.</summary>
    public int[] Tokens(string name) => body[name] switch
    {
        null => [],
        JsonArray list => ReadTokens(list, name),
        _ => throw Wrong(name, "a list of token ids"),
    };

    public static int[] ReadTokens(JsonArray list, string name) =>
        [.. list.Select(item => item is JsonValue value && value.TryGetValue<int>(out var id) && id >= 0 ? id : throw Wrong(name, "a list of token ids"))];

    /// <summary>Refuses what would change the answer but is not supported; empty values ask for nothing.</summary>
    public void RefuseUnsupported(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (body[name] is null or JsonArray { Count: 0 } || body[name]?.ToJsonString() is "false" or "0" or "\"none\"" or "{}") { continue; }
            throw new ApiError(400, $"'{name}' is not supported by this server. Leave it out.", name);
        }
    }

    public static ApiError Wrong(string name, string expected) => new(400, $"'{name}' must be {expected}.", name);
}
