using System.Globalization;
using System.Text.Json.Nodes;

namespace Bellman.Language.Remote;

/// <summary>
/// Draws responses from a server that is handed the policy's weights as they change: each version is written as a folder, and the server
/// is told to load it by <c>POST /update_weights_from_disk</c> (<c>bellman serve --updates</c>, SGLang). A server that answers with other
/// weights, because it was started anew, is handed them again and the group is asked for again.
/// </summary>
/// <remarks>The folder must be one that the server sees under the same path. <see cref="RemoteModel"/> makes it.</remarks>
public sealed class FollowingSampler : IFollowingSampler, IDisposable
{
    private const string VersionField = "weight_version";

    private readonly CompletionsClient updates;
    private readonly CompletionsClient models;
    private readonly RemoteSampler sampler;
    private readonly LanguageModelFolder policy;
    private readonly string folder;
    private readonly RetryPolicy retries;
    private readonly SemaphoreSlim sending = new(1);
    private string? version;

    internal FollowingSampler(HttpClient http, RemoteModel remote, LanguageModelFolder policy, string folder, RemoteOptions options, Func<TimeSpan, CancellationToken, Task>? wait = null)
    {
        (this.policy, this.folder) = (policy, Path.GetFullPath(folder));
        (updates, models) = (new CompletionsClient(http, "/update_weights_from_disk"), new CompletionsClient(http, "models"));
        retries = new RetryPolicy(options, wait);
        sampler = remote.Sampler(policy.Tokenizer, Inspect, wait);
    }

    /// <inheritdoc/>
    public void Follow(long version, CancellationToken cancellation = default)
    {
        var name = Name(version);
        if (name == this.version) { return; }
        var target = Place(name);
        if (Directory.Exists(target)) { Directory.Delete(target, recursive: true); }
        policy.Save(target);
        Send(name, cancellation).GetAwaiter().GetResult();
        if (this.version is { } before) { Directory.Delete(Place(before), recursive: true); }
        this.version = name;
    }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default) =>
        sampler.Sample(prompts, options, cancellation);

    /// <summary>Removes the last version from the disk.</summary>
    public void Dispose()
    {
        if (version is { } last && Directory.Exists(Place(last))) { Directory.Delete(Place(last), recursive: true); }
        sending.Dispose();
    }

    private async Task Send(string name, CancellationToken cancellation)
    {
        try
        {
            await retries.Run("Handing over the weights", async token =>
            {
                var answer = await updates.Post(new JsonObject { ["model_path"] = Place(name), [VersionField] = name }, token).ConfigureAwait(false);
                return answer["success"]?.ToString() == "true" ? answer : throw new TransientFailure($"the server did not take them: {answer["message"]}");
            }, RandomStream.Create(0, "weights").Child(name), cancellation).ConfigureAwait(false);
        }
        catch (UsageException refusal)
        {
            throw new UsageException($"The server does not take the policy's weights. {refusal.Message} A server that does is started with 'bellman serve MODEL --updates FOLDER', FOLDER being above {folder}.", refusal);
        }
    }

    /// <summary>Refuses an answer of other weights; those of a server that does not say are believed.</summary>
    private async Task Inspect(JsonObject answer, CancellationToken cancellation)
    {
        if (version is not { } wanted || answer[VersionField]?.ToString() is not { } said || said == wanted) { return; }
        await sending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Whoever else met the old weights may have sent the new ones already.
            var listed = await models.Get(cancellation).ConfigureAwait(false);
            if ((listed["data"] as JsonArray)?.Any(model => model?[VersionField]?.ToString() == wanted) != true) { await Send(wanted, cancellation).ConfigureAwait(false); }
        }
        finally
        {
            sending.Release();
        }
        throw new TransientFailure($"the server answered with the weights '{said}' in place of '{wanted}'");
    }

    private string Place(string name) => Path.Combine(folder, name);

    private static string Name(long version) => "step-" + version.ToString("D12", CultureInfo.InvariantCulture);
}
