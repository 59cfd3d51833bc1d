using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>The model that answers at a time, and what draws its tokens.</summary>
/// <param name="Folder">The model.</param>
/// <param name="Sampler">Draws from it.</param>
/// <param name="Version">Which weights, as whoever sent them calls them.</param>
internal sealed record ServedModel(LanguageModelFolder Folder, IStreamingSampler Sampler, string Version)
{
    /// <summary>The weights that the server was started with.</summary>
    public const string FirstVersion = "default";

    public static ServedModel Of(LanguageModelFolder folder, string version) => new(folder, folder.Sampler(), version);
}
