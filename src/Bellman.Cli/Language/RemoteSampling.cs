using System.CommandLine;
using Bellman.Language;
using Bellman.Language.Remote;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>Responses of a training that a server draws: where it is, and whether it is handed the weights as they change.</summary>
internal sealed class RemoteSampling : IDisposable
{
    private const string AddressOption = "sampler";
    private const string NameOption = "samplerModel";
    private const string WeightsOption = "samplerWeights";
    private const string Prefix = "sampler.";
    private const string Follow = "follow";
    private const string Fixed = "fixed";

    private readonly RemoteModel server;

    private RemoteSampling(RemoteModel server, ISampler sampler, bool follows) => (this.server, Sampler, MustRescore) = (server, sampler, follows && !server.IsBellman);

    public ISampler Sampler { get; }

    /// <summary>Whether log-probabilities come from the policy: most servers say them in another precision, and at temperature 1.</summary>
    public bool MustRescore { get; }

    /// <summary>Whether this option of a run is about the server.</summary>
    public static bool Takes(string option) => option is AddressOption or NameOption or WeightsOption || option.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Finds the server of a configuration; null where there is none.</summary>
    /// <param name="configuration">Of the run.</param>
    /// <param name="policy">What is trained.</param>
    /// <param name="run">Where weights are put for the server; null only looks whether all is well.</param>
    /// <param name="cancellation">Stops asking.</param>
    public static RemoteSampling? Open(RunConfiguration configuration, LanguageModelFolder policy, Run? run, CancellationToken cancellation)
    {
        var settings = configuration.Options.Where(option => option.Key.StartsWith(Prefix, StringComparison.Ordinal)).Select(option => KeyValuePair.Create(option.Key[Prefix.Length..], option.Value)).ToList();
        if (!configuration.Options.TryGetValue(AddressOption, out var address))
        {
            return settings.Count == 0 ? null : throw new UsageException($"'{Prefix}{settings[0].Key}' is an option of a server that samples. Name it with --sampler URL.");
        }
        var options = OptionSet.Of<RemoteOptions>("the remote sampler").Create<RemoteOptions>(settings);
        var server = RemoteModel.Find(address, configuration.Options.GetValueOrDefault(NameOption), options, cancellation: cancellation);
        var follows = configuration.Options.GetValueOrDefault(WeightsOption) != Fixed;
        return new RemoteSampling(server, follows && run is not null ? server.Following(policy, Path.Combine(run.Folder, "sampler")) : server.Sampler(policy.Tokenizer), follows);
    }

    public void Dispose()
    {
        (Sampler as IDisposable)?.Dispose();
        server.Dispose();
    }

    /// <summary>What the command line says about the server.</summary>
    internal sealed class Arguments
    {
        private readonly Option<string?> address = new("--sampler") { Description = "Let a server draw the responses, e.g. http://127.0.0.1:8080 of 'bellman serve MODEL --updates RUNS' (or SGLang); it is handed the weights after every step. --set sampler.* says how patiently it is asked." };
        private readonly Option<string?> name = new("--sampler-model") { Description = "The model's name on the server (default: the only one it has)." };
        private readonly Option<string?> weights = new("--sampler-weights") { Description = "follow hands the server the weights after every step; fixed samples from those it has (default follow)." };

        public void AddTo(Command command)
        {
            foreach (var option in new Option[] { address, name, weights }) { command.Add(option); }
        }

        public IEnumerable<(string Name, string Value)> Options(ParseResult parsed)
        {
            var given = parsed.GetValue(address);
            foreach (var (option, key) in new[] { (name, NameOption), (weights, WeightsOption) })
            {
                if (parsed.GetValue(option) is not { } value) { continue; }
                if (given is null) { throw new UsageException($"{option.Name} is about a server that samples. Name it with --sampler URL."); }
                if (key == WeightsOption && value is not (Follow or Fixed)) { throw new UsageException($"--sampler-weights cannot be '{value}': it is {Follow} or {Fixed}."); }
                yield return (key, value);
            }
            if (given is not null) { yield return (AddressOption, given); }
        }
    }
}
