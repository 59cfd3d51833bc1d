using Bellman.Language;
using Bellman.Language.Tokenizers;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>The model that a command is given: a folder, a run, or <c>tiny</c>.</summary>
internal static class ModelArgument
{
    public const string Tiny = "tiny";

    public const string Description = "A model: a Hugging Face folder, a run (id, beginning of an id, folder, or latest) that trained one, or tiny, a small one with random weights.";

    /// <summary>Reads the model.</summary>
    /// <param name="name">Folder, run or tiny.</param>
    /// <param name="runs">Folder of runs.</param>
    /// <param name="use">Its chat template, and where it computes.</param>
    /// <param name="alphabet">Characters that tiny knows; null lets it know every byte.</param>
    /// <exception cref="BellmanException">There is no such model, or it cannot be read.</exception>
    public static LanguageModelFolder Load(string name, string runs, ModelUse use, string? alphabet = null)
    {
        if (name == Tiny)
        {
            ITokenizer tokenizer = alphabet is null ? ByteTokenizer.Create() : new CharacterTokenizer(alphabet);
            return LanguageModelFolder.Tiny(tokenizer, RandomStream.Create(0, Tiny), use.Compute);
        }
        return LanguageModelFolder.Load(FolderOf(name, runs), use.Template, use.Compute);
    }

    /// <summary>A name that stays the same from another working folder: paths in full.</summary>
    public static string Full(string name) => name != Tiny && Directory.Exists(name) ? Path.GetFullPath(name) : name;

    /// <summary>The folder that holds the model.</summary>
    /// <exception cref="BellmanException">There is none.</exception>
    public static string FolderOf(string name, string runs)
    {
        if (File.Exists(Path.Combine(name, "config.json"))) { return name; }
        if (Directory.Exists(name) && !File.Exists(Path.Combine(name, "run.json")))
        {
            throw new UsageException($"{name} is neither a model's folder (it has no config.json) nor a run's (it has no run.json). Give one of those, or tiny.");
        }
        using var run = new RunStore(runs).Open(name);
        var folder = Path.Combine(run.Folder, LanguageModelFolder.FolderInRun);
        return Directory.Exists(folder) ? folder
            : throw new UsageException($"The run {run.Id} holds no language model: it has no folder {LanguageModelFolder.FolderInRun}. Give a run of sft, posttrain or prefer that has ended, or a model's folder.");
    }
}
