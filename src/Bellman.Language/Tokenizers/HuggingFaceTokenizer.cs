using System.Text.Json.Nodes;
using Bellman.Experiments;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// A tokenizer read from a Hugging Face <c>tokenizer.json</c> with a byte-pair model (GPT-2, Llama, Qwen, Mistral, ...): added tokens
/// are found first, the rest is normalised, cut into pieces and joined by the model.
/// </summary>
/// <remarks>Any number of threads may use it at once.</remarks>
public sealed class HuggingFaceTokenizer : ITokenizer
{
    private readonly byte[] json;
    private readonly BytePairModel model;
    private readonly IReadOnlyList<INormalizer> normalizers;
    private readonly IReadOnlyList<IPreTokenizer> preTokenizers;
    private readonly IReadOnlyList<ITokenDecoder> decoders;
    private readonly AddedTokenSearch rawSearch;
    private readonly AddedTokenSearch normalizedSearch;
    private readonly string?[] texts;
    private readonly bool[] special;
    private readonly Dictionary<string, int> addedIds = new(StringComparer.Ordinal);

    private HuggingFaceTokenizer(byte[] json, string source, SpecialTokens roles)
    {
        this.json = json;
        var root = JsonField.Parse(json, source);
        model = new BytePairModel(root["model"]);
        normalizers = Normalizer.Read(root["normalizer"]);
        preTokenizers = PreTokenizer.Read(root["pre_tokenizer"]);
        decoders = TokenDecoder.Read(root["decoder"]);
        IReadOnlyList<AddedToken> added = root["added_tokens"].IsNull ? [] : [.. root["added_tokens"].Items().Select(AddedToken.Read)];
        VocabularySize = 1 + Math.Max(model.Vocabulary.Values.Max(), added.Select(token => token.Id).DefaultIfEmpty(0).Max());
        (texts, special) = (new string?[VocabularySize], new bool[VocabularySize]);
        foreach (var (text, id) in model.Vocabulary) { texts[id] = text; }
        foreach (var token in added)
        {
            texts[token.Id] = token.Content;
            special[token.Id] = token.Special;
            addedIds[token.Content] = token.Id;
        }
        rawSearch = new AddedTokenSearch(added.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        normalizedSearch = new AddedTokenSearch(added.Where(token => token.Normalized).Select(token => (Normalize(token.Content), token)));
        StartTokens = PostProcessor.StartTokens(root["post_processor"], this);
        EndTokens = [.. roles.End.Select(text => Known(text, source)).Concat(roles.EndIds).Distinct()];
        PaddingToken = roles.Padding is { } padding ? Known(padding, source) : EndTokens.Count > 0 ? EndTokens[0] : 0;
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> StartTokens { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int> EndTokens { get; }

    /// <inheritdoc/>
    public int PaddingToken { get; }

    /// <summary>Reads a <c>tokenizer.json</c>; a model's folder, with its other files, is read by <see cref="TokenizerFolder"/>.</summary>
    /// <param name="file">The file.</param>
    /// <param name="roles">Which tokens end a response and pad; none when null.</param>
    /// <exception cref="UsageException">It cannot be read, is damaged, or needs something that is not supported.</exception>
    public static HuggingFaceTokenizer Read(string file, SpecialTokens? roles = null) => new(JsonField.ReadBytes(file), file, roles ?? new SpecialTokens());

    /// <summary>Reads the text of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">The text, as UTF-8.</param>
    /// <param name="roles">Which tokens end a response and pad; none when null.</param>
    /// <exception cref="UsageException">It is damaged, or needs something that is not supported.</exception>
    public static HuggingFaceTokenizer Parse(byte[] json, SpecialTokens? roles = null) => new(json, "tokenizer.json", roles ?? new SpecialTokens());

    /// <summary>The file's content as it was read.</summary>
    public ReadOnlyMemory<byte> Json => json;

    /// <summary>Writes <c>tokenizer.json</c> as it was read, and a <c>tokenizer_config.json</c> that names the end and padding tokens.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <exception cref="BellmanException">They cannot be written.</exception>
    public void Save(string folder)
    {
        WholeFile.Write(Path.Combine(folder, TokenizerFolder.FileName), json);
        var configuration = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast" };
        if (EndTokens.Count > 0) { configuration["eos_token"] = TextOf(EndTokens[0]); }
        if (TextOf(PaddingToken) is { } padding) { configuration["pad_token"] = padding; }
        WholeFile.Write(Path.Combine(folder, "tokenizer_config.json"), configuration.ToJsonString() + "\n");
    }

    /// <summary>The id of a token by its whole text; null when there is none.</summary>
    public int? Find(string token) => addedIds.TryGetValue(token, out var id) || model.Vocabulary.TryGetValue(token, out id) ? id : null;

    /// <summary>The text of a token as the vocabulary writes it; null for an id that no token has.</summary>
    public string? TextOf(int token) => token >= 0 && token < texts.Length ? texts[token] : null;

    /// <inheritdoc/>
    public int[] Encode(string text, bool allowSpecial = false)
    {
        TokenizerText.RequireValid(text, "The text");
        var ids = new List<int>(text.Length / 2);
        var isFirst = true;
        foreach (var (part, token) in rawSearch.Split(text, allowSpecial))
        {
            if (token is not null) { ids.Add(token.Id); }
            else { EncodePart(Normalize(part), allowSpecial, isFirst, ids); }
            isFirst = false;
        }
        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens, bool skipSpecial = true)
    {
        var pieces = new List<string>(tokens.Length);
        foreach (var token in tokens)
        {
            // Models may have more ids than their tokenizer, rounded up; such ids have no text.
            ArgumentOutOfRangeException.ThrowIfNegative(token);
            if (TextOf(token) is { } text && !(skipSpecial && special[token])) { pieces.Add(text); }
        }
        foreach (var decoder in decoders) { pieces = decoder.Apply(pieces); }
        return string.Concat(pieces);
    }

    private void EncodePart(string text, bool allowSpecial, bool isFirst, List<int> ids)
    {
        foreach (var (part, token) in normalizedSearch.Split(text, allowSpecial))
        {
            if (token is not null) { ids.Add(token.Id); }
            else { foreach (var piece in preTokenizers.Split(part, isFirst)) { model.Encode(piece, ids); } }
            isFirst = false;
        }
    }

    private string Normalize(string text)
    {
        foreach (var normalizer in normalizers) { text = normalizer.Apply(text); }
        return text;
    }

    private int Known(string token, string source) =>
        Find(token) ?? throw new UsageException($"{source} has no token '{token}', which the model's other files name as special. The files do not belong together; download them anew.");
}
