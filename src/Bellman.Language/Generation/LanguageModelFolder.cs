using Bellman.Experiments;
using Bellman.Language.Chat;
using Bellman.Language.Tokenizers;

namespace Bellman.Language;

/// <summary>A transformer with the tokenizer and the chat template that belong to it: what a Hugging Face folder holds.</summary>
public sealed class LanguageModelFolder : IDisposable
{
    /// <summary>Where a run keeps the folder of its model, under the run's own.</summary>
    public const string FolderInRun = "model";

    private const int TinyContext = 4096;

    // What says how the model is used; it goes wherever the model goes.
    private static readonly string[] CompanionFiles = ["tokenizer_config.json", "special_tokens_map.json", "generation_config.json", TokenizerFolder.ChatTemplateFile];

    private readonly Dictionary<string, byte[]> companions = [];

    /// <summary>Puts the parts together.</summary>
    /// <param name="name">How the model is called in answers and messages.</param>
    /// <param name="model">Disposed with this.</param>
    /// <param name="tokenizer">Its tokenizer, whose ids the model knows.</param>
    /// <param name="template">How conversations are written for it.</param>
    /// <exception cref="UsageException">The tokenizer has ids that the model lacks.</exception>
    public LanguageModelFolder(string name, Transformer model, ITokenizer tokenizer, ChatTemplate template)
    {
        if (tokenizer.VocabularySize > model.VocabularySize)
        {
            throw new UsageException($"The tokenizer of {name} has {tokenizer.VocabularySize} ids and its model only {model.VocabularySize}: they do not belong together. Use the tokenizer the model was trained with.");
        }
        (Name, Model, Tokenizer, Template) = (name, model, tokenizer, template);
        EndTokens = [.. tokenizer.EndTokens.Concat(model.Configuration.EndTokens)
            .Concat(template.EndTexts.Select(text => (tokenizer as HuggingFaceTokenizer)?.Find(text)).OfType<int>()).Distinct().Where(token => token < model.VocabularySize)];
    }

    /// <summary>How the model is called.</summary>
    public string Name { get; }

    /// <summary>The model.</summary>
    public Transformer Model { get; }

    /// <summary>Its tokenizer.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>How conversations are written for it.</summary>
    public ChatTemplate Template { get; }

    /// <summary>Ids that end a response: those of the tokenizer's files, of the configuration and of the chat template.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>What steers the decoding, where value heads lie beside the weights (ILQL); null for nothing.</summary>
    public HiddenSteering? Steering { get; set; }

    /// <summary>Draws answers, steered where there is something that steers.</summary>
    public LocalSampler Sampler() => new(Model, Tokenizer, Steering);

    /// <summary>Ends an answer that is learned: the chat template's own end, where it has one.</summary>
    /// <exception cref="UsageException">Neither template nor files name an end token.</exception>
    public int AnswerEnd => Template.EndTexts.Select(text => (Tokenizer as HuggingFaceTokenizer)?.Find(text)).OfType<int>().Concat(EndTokens).Cast<int?>().FirstOrDefault()
        ?? throw new UsageException($"{Name} has no end token, so a model could not learn where answers end. Name one as eos_token_id in its config.json.");

    /// <summary>The tokens that ask the model for its answer to a question.</summary>
    /// <exception cref="UsageException">The tokenizer lacks a token of the template or of the question.</exception>
    public int[] Ask(string question) => Template.Encode([new ChatMessage("user", question)], Tokenizer);

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">config.json, safetensors, and tokenizer.json or characters.json.</param>
    /// <param name="template">A template's name; null takes what the folder says.</param>
    /// <param name="options">Where and how the model computes.</param>
    /// <exception cref="BellmanException">A file is missing, damaged or of an unsupported kind; it is named.</exception>
    public static LanguageModelFolder Load(string folder, string? template = null, TransformerOptions? options = null)
    {
        // The small files first: what they lack is then said before gigabytes are read.
        var tokenizer = TokenizerFolder.Read(folder);
        var chat = template is null ? ChatTemplate.Recognise(TokenizerFolder.ChatTemplateText(folder)) : ChatTemplate.Named(template);
        var model = Transformer.Load(folder, options);
        try
        {
            var loaded = new LanguageModelFolder(Path.GetFileName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder))), model, tokenizer, chat);
            loaded.Steering = HiddenSteering.Find(folder, model.HiddenSize, model.VocabularySize);
            foreach (var file in CompanionFiles.Where(file => File.Exists(Path.Combine(folder, file)))) { loaded.companions[file] = JsonField.ReadBytes(Path.Combine(folder, file)); }
            return loaded;
        }
        catch (UsageException)
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>A small model with random weights, for trying things out.</summary>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="random">Where weights are drawn.</param>
    /// <param name="options">Where and how the model computes.</param>
    public static LanguageModelFolder Tiny(ITokenizer tokenizer, RandomStream random, TransformerOptions? options = null)
    {
        var shape = new TransformerConfiguration { VocabularySize = tokenizer.VocabularySize, HiddenSize = 64, IntermediateSize = 176, Layers = 2, ContextLength = TinyContext, EndTokens = tokenizer.EndTokens };
        return new LanguageModelFolder("tiny", Transformer.Create(shape, random, options), tokenizer, ChatTemplate.Named("plain"));
    }

    /// <summary>
    /// Writes the model, its tokenizer and what says how they are used into a folder, from which <see cref="Load"/> and transformers read
    /// them back.
    /// </summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <exception cref="BellmanException">It cannot be written.</exception>
    public void Save(string folder)
    {
        Model.Save(folder);
        if (Tokenizer is CharacterTokenizer characters)
        {
            characters.Save(folder);
            characters.Export(folder);
        }
        else if (Tokenizer is HuggingFaceTokenizer known) { known.Save(folder); }
        else { throw new BellmanException($"A tokenizer of kind {Tokenizer.GetType().Name} cannot be written; only character and Hugging Face tokenizers can."); }
        Steering?.Save(folder);
        foreach (var (file, content) in companions) { WholeFile.Write(Path.Combine(folder, file), content); }
        // A template that was chosen by name is the model's from now on.
        if (Template.Source is { } source && ChatTemplate.Recognise(TokenizerFolder.ChatTemplateText(folder), Template).Name != Template.Name)
        {
            WholeFile.Write(Path.Combine(folder, TokenizerFolder.ChatTemplateFile), source);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
