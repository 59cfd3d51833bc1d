using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>How a model is served.</summary>
internal sealed record ServerOptions
{
    [Description("The address to listen on; anything but the loopback address lets other machines in.")]
    public string Host { get; init; } = "127.0.0.1";

    [Description("The port to listen on; 0 takes a free one.")]
    [Range(0, 65535)]
    public int Port { get; init; } = 8080;

    [Description("The bearer token that requests must carry; none asks for none.")]
    public string? Key { get; init; }

    [Description("The most bytes of a request.")]
    [Range(1000, 1_000_000_000)]
    public int MaximumRequestBytes { get; init; } = 4 << 20;

    [Description("Requests that may wait; further ones are told to come back later.")]
    [Range(1, 100_000)]
    public int MaximumQueue { get; init; } = 64;

    [Description("The most responses sampled together.")]
    [Range(1, 4096)]
    public int MaximumBatch { get; init; } = 64;

    [Description("The most new tokens a request may ask for.")]
    [Range(1, 1_000_000)]
    public int MaximumNewTokens { get; init; } = 8192;

    [Description("The folder below which models may be loaded by whoever asks; none keeps the model as it is.")]
    public string? Updates { get; init; }

    /// <summary>How a model that is loaded later is used.</summary>
    internal ModelUse Use { get; init; } = new(null, new TransformerOptions());

    [Description("Seed of requests that name none.")]
    public ulong Seed { get; init; }
}
