using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Bellman.Experiments;
using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>A document of the corpus.</summary>
/// <param name="Start">Tokens before it in plain text, e.g. the start token; may be empty.</param>
/// <param name="Tokens">Its tokens, at least 2.</param>
/// <param name="IsCandidate">Which of them may be targets: those that the text determines.</param>
public sealed record CorpusDocument(int[] Start, int[] Tokens, bool[] IsCandidate);

/// <summary>How uncertain a frozen model is about each candidate token of a corpus, and the tiers that follow from it.</summary>
public static class TokenDifficulty
{
    private const int DocumentsAtOnce = 16;

    /// <summary>H = -sum p ln p, in nats.</summary>
    public static double Entropy(IReadOnlyList<double> probabilities) => -probabilities.Where(probability => probability > 0).Sum(probability => probability * Math.Log(probability));

    /// <summary>The tier of an entropy: from the thresholds' first, second and third up; null below the first, which is no target.</summary>
    public static Tier? TierOf(double entropy, IReadOnlyList<double> thresholds) =>
        entropy >= thresholds[2] ? Tier.Hard : entropy >= thresholds[1] ? Tier.Medium : entropy >= thresholds[0] ? Tier.Easy : null;

    /// <summary>The entropy of each token given those before it, NaN where nothing precedes: [document][position].</summary>
    /// <param name="model">The frozen scoring model.</param>
    /// <param name="documents">The corpus.</param>
    /// <param name="likeliest">Only so many of the likeliest tokens, renormalised; 0 for all.</param>
    public static IReadOnlyList<float[]> Entropies(ILanguageModel model, IReadOnlyList<CorpusDocument> documents, int likeliest = 0)
    {
        var result = new List<float[]>();
        foreach (var part in documents.Chunk(DocumentsAtOnce))
        {
            using var scope = NewDisposeScope();
            using var withoutGradients = no_grad();
            var batch = new TokenBatch([.. part.Select(document => (int[])[.. document.Start, .. document.Tokens])], [.. part.Select(document => Enumerable.Range(0, document.Start.Length + document.Tokens.Length).Select(column => column >= Math.Max(1, document.Start.Length)).ToArray())]);
            var values = Entropies(model, batch, likeliest).cpu().data<float>().ToArray();
            result.AddRange(part.Select((document, row) => document.Tokens.Select((_, t) => document.Start.Length + t == 0 ? float.NaN : values[row * batch.Length + document.Start.Length + t]).ToArray()));
        }
        return result;
    }

    /// <summary>The candidates of each tier.</summary>
    /// <param name="documents">The corpus.</param>
    /// <param name="entropies">As measured.</param>
    /// <param name="thresholds">Three, rising; quantiles of the candidates' entropies where <paramref name="quantiles"/>.</param>
    /// <param name="quantiles">Whether they are.</param>
    public static IReadOnlyDictionary<Tier, IReadOnlyList<TargetToken>> Index(IReadOnlyList<CorpusDocument> documents, IReadOnlyList<float[]> entropies, IReadOnlyList<double> thresholds, bool quantiles = false)
    {
        var candidates = documents.SelectMany((document, d) => document.Tokens.Select((_, position) => (Document: d, Position: position, Entropy: entropies[d][position])).Where(place => document.IsCandidate[place.Position] && !float.IsNaN(place.Entropy))).ToList();
        var limits = thresholds;
        if (quantiles && candidates.Count > 0)
        {
            var sorted = candidates.ConvertAll(place => (double)place.Entropy).Order().ToList();
            limits = [.. thresholds.Select(quantile => sorted[Math.Min(sorted.Count - 1, (int)(quantile * sorted.Count))])];
        }
        return candidates
            .Select(place => (place, Tier: TierOf(place.Entropy, limits)))
            .Where(pair => pair.Tier is not null)
            .GroupBy(pair => pair.Tier ?? Tier.Easy)
            .ToDictionary(group => group.Key, group => (IReadOnlyList<TargetToken>)[.. group.Select(pair => new TargetToken(pair.place.Document, pair.place.Position, group.Key))]);
    }

    private static Tensor Entropies(ILanguageModel model, TokenBatch batch, int likeliest)
    {
        if (likeliest == 0) { return model.Score(batch, outputs: ScoreOutputs.Entropies).Entropies ?? throw new InvalidOperationException("The model gave no entropies."); }
        var logits = model.Score(batch, outputs: ScoreOutputs.Logits).Logits ?? throw new InvalidOperationException("The model gave no logits.");
        var all = logits.topk(Math.Min(likeliest, model.VocabularySize), -1).values.log_softmax(-1);
        return -(all.exp() * all).sum(-1);
    }
}

/// <summary>
/// The entropies of a corpus in a file of their own, so that it is scored once: a line of JSON that says which tokenizer and model, then
/// for every document its length (int32), the entropies (float16) and the tiers (a byte, 255 for none).
/// </summary>
public static class EntropySidecar
{
    private const int NoTier = 255;

    private sealed record Header(string Tokenizer, string Model, int Documents);

    /// <summary>Writes the file.</summary>
    public static void Write(string path, string tokenizer, string model, IReadOnlyList<float[]> entropies, IReadOnlyList<double> thresholds)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory, Encoding.UTF8);
        writer.Write(JsonSerializer.Serialize(new Header(tokenizer, model, entropies.Count)));
        foreach (var document in entropies)
        {
            writer.Write(document.Length);
            foreach (var entropy in document) { writer.Write((Half)entropy); }
            foreach (var entropy in document) { writer.Write((byte)(TokenDifficulty.TierOf(entropy, thresholds) is { } tier ? (int)tier : NoTier)); }
        }
        writer.Flush();
        WholeFile.Write(path, memory.ToArray());
    }

    /// <summary>Reads it back.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">The tokenizer's hash; entropies of another one belong to other tokens.</param>
    /// <param name="lengths">Tokens of each document.</param>
    /// <exception cref="UsageException">It was made with another tokenizer or corpus, or is damaged.</exception>
    public static IReadOnlyList<float[]> Read(string path, string tokenizer, IReadOnlyList<int> lengths)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(File.ReadAllBytes(path)), Encoding.UTF8);
            var header = JsonSerializer.Deserialize<Header>(reader.ReadString()) ?? throw new JsonException("no header");
            if (header.Tokenizer != tokenizer) { throw new UsageException($"The entropies in {path} were made with another tokenizer, whose tokens are others. Delete the file, or name another with rmt.sidecar."); }
            if (header.Documents != lengths.Count) { throw Other(path, $"{header.Documents} documents", $"{lengths.Count}"); }
            var result = new List<float[]>();
            for (var i = 0; i < lengths.Count; i++)
            {
                var length = reader.ReadInt32();
                if (length != lengths[i]) { throw Other(path, $"a document of {length} tokens", $"one of {lengths[i]}"); }
                var entropies = new float[length];
                for (var t = 0; t < length; t++) { entropies[t] = (float)reader.ReadHalf(); }
                if (reader.ReadBytes(length).Length != length) { throw new EndOfStreamException(); }
                result.Add(entropies);
            }
            return result;
        }
        catch (Exception error) when (error is JsonException or EndOfStreamException or IOException or FormatException)
        {
            throw new UsageException($"The entropies in {path} cannot be read: {error.Message} Delete the file; it is made anew.", error);
        }
    }

    /// <summary>A hash of what a tokenizer makes of its ids.</summary>
    public static string HashOf(ITokenizer? tokenizer)
    {
        if (tokenizer is null) { return "none"; }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var id = 0; id < tokenizer.VocabularySize; id++) { hash.AppendData(Encoding.UTF8.GetBytes($"{id}\0{tokenizer.Decode([id], skipSpecial: false)}\0")); }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>A hash of a model's shape and of some numbers of each of its weights.</summary>
    public static string HashOf(ILanguageModel model)
    {
        const int Numbers = 1024;
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var weight in model.Trainable)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{weight.Name} {string.Join(',', weight.Value.shape)}"));
            var some = weight.Value.detach().flatten().to(ScalarType.Float32).cpu();
            hash.AppendData(some.narrow(0, 0, Math.Min(Numbers, some.numel())).contiguous().bytes.ToArray());
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static UsageException Other(string path, string found, string expected) => new($"The entropies in {path} belong to another corpus: there is {found} in place of {expected}. Delete the file, or name another with rmt.sidecar.");
}
