using System.CommandLine;
using System.Net;
using Bellman.Cli.Serving;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman serve</c>: a model for programs that speak OpenAI's interface.</summary>
internal static class ServeCommand
{
    private const string KeyVariable = "BELLMAN_API_KEY";

    public static Command Create(Terminal terminal)
    {
        var defaults = new ServerOptions();
        var model = new Argument<string>("model") { Description = ModelArgument.Description };
        var host = new Option<string>("--host") { Description = "Address to listen on; 0.0.0.0 lets other machines in.", DefaultValueFactory = _ => defaults.Host };
        var port = new Option<int>("--port") { Description = "Port to listen on; 0 takes a free one.", DefaultValueFactory = _ => defaults.Port };
        var key = new Option<string?>("--api-key") { Description = $"Bearer token that requests must carry (default: the environment's {KeyVariable}, else none)." };
        var queue = new Option<int>("--queue") { Description = "Requests that may wait; further ones are refused with 429.", DefaultValueFactory = _ => defaults.MaximumQueue };
        var batch = new Option<int>("--batch") { Description = "Most responses sampled together.", DefaultValueFactory = _ => defaults.MaximumBatch };
        var tokens = new Option<int>("--max-tokens") { Description = "Most new tokens a request may ask for.", DefaultValueFactory = _ => defaults.MaximumNewTokens };
        var updates = new Option<string?>("--updates") { Description = "Let a trainer replace the model: POST /update_weights_from_disk with a folder below this one ('bellman posttrain --sampler' does)." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of requests that name none." };
        var use = new ModelUseOptions(trains: false);
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("serve", "Serve a language model over the OpenAI-compatible HTTP interface.") { model, host, port, key, queue, batch, tokens, updates, seed, runs }
            .WithExamples("bellman serve Qwen2.5-0.5B-Instruct", "bellman serve latest --port 0 --api-key secret", "bellman serve tiny --updates runs", "curl http://127.0.0.1:8080/v1/completions -d '{\"prompt\": \"3+4=\", \"max_tokens\": 8}'");
        use.AddTo(command).SetAction(parsed =>
        {
            var options = OptionSet.Validated(new ServerOptions
            {
                Host = parsed.GetRequiredValue(host),
                Port = parsed.GetValue(port),
                Key = parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable),
                MaximumQueue = parsed.GetValue(queue),
                MaximumBatch = parsed.GetValue(batch),
                MaximumNewTokens = parsed.GetValue(tokens),
                Updates = parsed.GetValue(updates),
                Use = use.Read(parsed),
                Seed = parsed.GetValue(seed),
            }, "the server");
            if (options.Key is "") { throw new UsageException("--api-key cannot be empty. Give a token, or leave it out."); }
            using var folder = ModelArgument.Load(parsed.GetRequiredValue(model), parsed.GetRequiredValue(runs), options.Use);
            Serve(terminal, folder, options).GetAwaiter().GetResult();
            return 0;
        });
        return command;
    }

    private static async Task Serve(Terminal terminal, Language.LanguageModelFolder folder, ServerOptions options)
    {
        await using var server = await ModelServer.Start(folder, options);
        terminal.Output.WriteLine($"{folder.Name} answers at {server.Address}v1 ({folder.Template.Name} template). Ctrl-C stops it.");
        if (options.Key is null && !(IPAddress.TryParse(options.Host, out var address) && IPAddress.IsLoopback(address)) && options.Host != "localhost")
        {
            terminal.Error.WriteLine("Warning: other machines can reach this server and it asks for no key. Give one with --api-key.");
        }
        var stopped = new TaskCompletionSource();
        await using (terminal.Cancellation.Register(stopped.SetResult)) { await stopped.Task; }
        await server.Stop();
    }
}
