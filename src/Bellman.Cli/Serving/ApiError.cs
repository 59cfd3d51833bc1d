using System.Text.Json.Nodes;

namespace Bellman.Cli.Serving;

/// <summary>An answer that says what was wrong with a request, in the form OpenAI's clients understand.</summary>
internal sealed class ApiError(int status, string message, string? parameter = null) : Exception(message)
{
    public int Status { get; } = status;

    public JsonObject Json() => new()
    {
        ["error"] = new JsonObject
        {
            ["message"] = Message,
            ["type"] = Status switch { 401 => "authentication_error", >= 500 => "server_error", 429 => "rate_limit_error", _ => "invalid_request_error" },
            ["param"] = parameter,
            ["code"] = Status,
        },
    };
}
