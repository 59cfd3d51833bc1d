using Bellman.Language;
using Bellman.Language.Tasks;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>Documents, and which of their tokens are targets of each tier.</summary>
public sealed class NextTokenCorpus
{
    /// <summary>A corpus whose tiers are known.</summary>
    /// <exception cref="UsageException">There is no document, one is too short, or no token is a target.</exception>
    public NextTokenCorpus(IReadOnlyList<CorpusDocument> documents, IReadOnlyDictionary<Tier, IReadOnlyList<TargetToken>> index)
    {
        Require(documents);
        (Documents, Index) = (documents, index);
    }

    /// <summary>The documents.</summary>
    public IReadOnlyList<CorpusDocument> Documents { get; }

    /// <summary>The targets of each tier.</summary>
    public IReadOnlyDictionary<Tier, IReadOnlyList<TargetToken>> Index { get; }

    /// <summary>Refuses documents that cannot be predicted.</summary>
    public static void Require(IReadOnlyList<CorpusDocument> documents)
    {
        if (documents.Count == 0) { throw new UsageException("The corpus has no documents. Give data with at least one."); }
        for (var i = 0; i < documents.Count; i++)
        {
            if (documents[i].Tokens.Length < 2) { throw new UsageException($"Document {i + 1} of the corpus has {documents[i].Tokens.Length} tokens; a token is predicted from those before it, so that at least 2 are needed. Remove it."); }
        }
    }

    /// <summary>A question and its solution as a document whose targets lie in the solution: the question's own tokens are not determined by anything.</summary>
    public static CorpusDocument Of(TextItem item, ITokenizer tokenizer)
    {
        var between = ReasoningForm.CanWrite(tokenizer, "\n") ? "\n" : "";
        var question = tokenizer.Encode(item.Question + between);
        var solution = tokenizer.Encode(item.Solution);
        return new CorpusDocument([.. tokenizer.StartTokens], [.. question, .. solution], [.. question.Select(_ => false), .. solution.Select(_ => true)]);
    }

    /// <summary>Tiers by a frozen model's entropies, which are kept in the sidecar where one is named.</summary>
    public static NextTokenCorpus Score(ILanguageModel model, ITokenizer? tokenizer, IReadOnlyList<CorpusDocument> documents, ReinforcementMidTrainingOptions options)
    {
        Require(documents);
        IReadOnlyList<float[]> entropies;
        if (options.Sidecar is { } path && File.Exists(path)) { entropies = EntropySidecar.Read(path, EntropySidecar.HashOf(tokenizer), [.. documents.Select(document => document.Tokens.Length)]); }
        else
        {
            entropies = TokenDifficulty.Entropies(model, documents, options.LikeliestTokens);
            if (options.Sidecar is { } made) { EntropySidecar.Write(made, EntropySidecar.HashOf(tokenizer), EntropySidecar.HashOf(model), entropies, options.Thresholds); }
        }
        return new NextTokenCorpus(documents, TokenDifficulty.Index(documents, entropies, options.Thresholds, options.Quantiles));
    }
}
