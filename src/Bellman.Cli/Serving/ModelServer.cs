using System.Net;
using System.Security.Cryptography;
using System.Text;
using Bellman.Language;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bellman.Cli.Serving;

/// <summary>
/// Serves a model over the OpenAI-compatible interface: <c>/v1/models</c>, <c>/v1/completions</c>, <c>/v1/chat/completions</c>; new weights come by
/// <c>/update_weights_from_disk</c> where that is allowed. Listens on the loopback address unless told otherwise.
/// </summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(30);

    private readonly WebApplication application;
    private readonly GenerationQueue queue;

    private ModelServer(WebApplication application, GenerationQueue queue) => (this.application, this.queue) = (application, queue);

    /// <summary>Where it listens.</summary>
    public Uri Address => new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.First() ?? throw new InvalidOperationException("The server does not listen."));

    /// <summary>Starts serving.</summary>
    /// <param name="model">Not disposed.</param>
    /// <param name="options">Where and how much.</param>
    /// <param name="sampler">Draws the tokens; null makes a <see cref="LocalSampler"/>.</param>
    /// <exception cref="UsageException">An option is out of range, or the address cannot be listened on.</exception>
    public static async Task<ModelServer> Start(LanguageModelFolder model, ServerOptions options, IStreamingSampler? sampler = null)
    {
        OptionSet.Validated(options, "the server");
        if (!IPAddress.TryParse(options.Host == "localhost" ? "127.0.0.1" : options.Host, out var host)) { throw new UsageException($"--host cannot be '{options.Host}': write an address of this machine, e.g. 127.0.0.1, or 0.0.0.0 for all of them."); }
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(host, options.Port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaximumRequestBytes;
        });
        builder.Services.Configure<HostOptions>(hosting => hosting.ShutdownTimeout = GracePeriod);
        var application = builder.Build();
        var first = ServedModel.Of(model, ServedModel.FirstVersion);
        var queue = new GenerationQueue(sampler is null ? first : first with { Sampler = sampler }, options);
        var endpoints = new Endpoints(model.Name, queue, options);
        application.Use(Errors);
        application.Use((context, next) => Admitted(context, next, options.Key, IPAddress.IsLoopback(host)));
        application.MapGet("/v1/models", (HttpContext context) => Json(context, 200, endpoints.Models()));
        application.MapGet("/health", (HttpContext context) => Json(context, 200, new System.Text.Json.Nodes.JsonObject { ["status"] = "ok" }));
        application.MapPost("/update_weights_from_disk", endpoints.Update);
        application.MapPost("/v1/completions", endpoints.Complete);
        application.MapPost("/v1/chat/completions", endpoints.Chat);
        application.MapFallback((HttpContext context) => throw new ApiError(404, $"There is no {context.Request.Method} {context.Request.Path} here. There are GET /v1/models, POST /v1/completions and POST /v1/chat/completions."));
        try
        {
            await application.StartAsync();
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            await queue.DisposeAsync();
            await application.DisposeAsync();
            throw new UsageException($"The server cannot listen on {options.Host}:{options.Port}: {error.Message} Choose another with --port; 0 takes a free one.", error);
        }
        return new ModelServer(application, queue);
    }

    /// <summary>Takes no more requests, lets those in hand finish within the grace period, and stops.</summary>
    public async Task Stop()
    {
        using var limit = new CancellationTokenSource(GracePeriod);
        await Task.WhenAll(application.StopAsync(limit.Token), queue.Finish(limit.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await queue.DisposeAsync();
        await application.DisposeAsync();
    }

    private static async Task Errors(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked has gone.
        }
        catch (Exception error) when (!context.Response.HasStarted && Known(error) is not null)
        {
            var known = Known(error) ?? new ApiError(500, error.Message);
            await Json(context, known.Status, known.Json());
        }
        catch (Exception error) when (context.Response.HasStarted && Known(error) is not null)
        {
            // A stream cannot change its status any more; clients see an error event and the end.
            await context.Response.WriteAsync($"data: {(Known(error) ?? new ApiError(500, error.Message)).Json().ToJsonString()}\n\n");
        }
    }

    private static ApiError? Known(Exception error) => error switch
    {
        ApiError known => known,
        UsageException usage => new ApiError(400, usage.Message),
        BellmanException failure => new ApiError(500, failure.Message),
        OperationCanceledException => new ApiError(503, "The server is stopping."),
        BadHttpRequestException bad => new ApiError(bad.StatusCode, bad.Message),
        IOException or InvalidOperationException or ArgumentException or System.Runtime.InteropServices.ExternalException => new ApiError(500, $"The model failed: {error.Message}"),
        _ => null,
    };

    /// <summary>
    /// Lets in who has the key. On the loopback address the request must also be addressed to this machine by name: otherwise a web page
    /// could reach the server through a name of its own that resolves here.
    /// </summary>
    private static Task Admitted(HttpContext context, RequestDelegate next, string? key, bool loopback)
    {
        var name = context.Request.Host.Host.Trim('[', ']');
        if (loopback && name is not ("localhost" or "") && !(IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address))) { throw new ApiError(403, $"This server answers localhost only, not '{name}'."); }
        if (key is not null && !Matches(context.Request.Headers.Authorization.ToString(), key))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw new ApiError(401, "The bearer token is missing or wrong. Send the header 'Authorization: Bearer KEY' with the key the server was started with.");
        }
        return next(context);
    }

    private static bool Matches(string header, string key) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header)), SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {key}")));

    private static Task Json(HttpContext context, int status, System.Text.Json.Nodes.JsonObject json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }
}
