using Bellman.Language.Tasks;
using Microsoft.Data.Sqlite;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>Articles by title, each a list of passages.</summary>
public sealed class KnowledgeBase : IDisposable
{
    /// <summary>Between the passages of a text in the released database.</summary>
    public const string Separator = "####SPECIAL####SEPARATOR####";

    private readonly Dictionary<string, IReadOnlyList<string>> articles = new(StringComparer.Ordinal);
    private readonly SqliteConnection? connection;
    private readonly Lock reading = new();

    /// <summary>Articles in memory.</summary>
    /// <param name="passages">Title and passages.</param>
    public KnowledgeBase(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> passages)
    {
        foreach (var (title, list) in passages) { articles[title] = list; }
    }

    private KnowledgeBase(SqliteConnection connection) => this.connection = connection;

    /// <summary>Opens a SQLite file with the table documents(title PRIMARY KEY, text); rows are read when they are asked for.</summary>
    /// <exception cref="UsageException">The file is missing, is no database, or lacks the table or a column.</exception>
    public static KnowledgeBase Open(string path)
    {
        if (!File.Exists(path)) { throw new UsageException($"The knowledge base {path} does not exist. Give a SQLite file with the table documents(title, text)."); }
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly }.ToString());
        try
        {
            connection.Open();
            using var probe = connection.CreateCommand();
            probe.CommandText = "SELECT title, text FROM documents LIMIT 1";
            using var reader = probe.ExecuteReader();
            return new KnowledgeBase(connection);
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw new UsageException($"{path} is no knowledge base: {error.Message} It needs the table documents with the columns title and text.", error);
        }
    }

    /// <summary>The passages of an article; null when there is none of that title.</summary>
    public IReadOnlyList<string>? Passages(string title)
    {
        lock (reading)
        {
            if (articles.TryGetValue(title, out var known) || connection is null) { return known; }
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT text FROM documents WHERE title = $title";
            command.Parameters.AddWithValue("$title", title);
            return command.ExecuteScalar() is string text
                ? articles[title] = [.. text.Split(Separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)]
                : null;
        }
    }

    /// <summary>Refuses data of which more than one title in twenty is missing, or that lacks gold answers.</summary>
    /// <exception cref="UsageException">They are; the message names the first.</exception>
    public void Require(IReadOnlyCollection<TextItem> items)
    {
        if (items.FirstOrDefault(item => string.IsNullOrWhiteSpace(item.Answer)) is { } unanswered) { throw new UsageException($"{unanswered.Id} has no gold answer, and correctness cannot be judged without one. Remove it."); }
        var missing = items.Where(item => Passages(item.Topic) is null).ToList();
        if (missing.Count > 0.05 * items.Count)
        {
            throw new UsageException($"The knowledge base lacks the articles of {missing.Count} of {items.Count} questions, the first of {missing[0].Id}: '{missing[0].Topic}'. Most must be there; build it with the row key of each question's joined titles.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => connection?.Dispose();
}

/// <summary>Finds the passages of an article that say most about a fact.</summary>
public interface IFactRetriever
{
    /// <summary>Name and version: passages are kept by it.</summary>
    string Name { get; }

    /// <summary>Up to <paramref name="count"/> passages of the topic's article, best first; null when the topic is unknown, which is reported and not scored 0.</summary>
    IReadOnlyList<string>? Top(string topic, string fact, int count);
}

/// <summary>BM25 within the article: sum over the query's words of idf (f (k1 + 1)) / (f + k1 (1 - b + b |d| / mean |d|)), k1 = 1.5, b = 0.75; equals keep their order.</summary>
/// <param name="knowledge">The articles.</param>
public sealed class Bm25Retriever(KnowledgeBase knowledge) : IFactRetriever
{
    private const double K1 = 1.5;
    private const double B = 0.75;

    /// <inheritdoc/>
    public string Name => "bm25/1";

    /// <inheritdoc/>
    public IReadOnlyList<string>? Top(string topic, string fact, int count)
    {
        if (knowledge.Passages(topic) is not { } passages) { return null; }
        if (passages.Count <= count) { return passages; }
        var documents = passages.Select(passage => Words($"{topic} {passage}").GroupBy(word => word).ToDictionary(group => group.Key, group => group.Count())).ToList();
        var lengths = documents.ConvertAll(document => (double)document.Values.Sum());
        var mean = lengths.Average();
        var scores = new double[documents.Count];
        foreach (var word in Words($"{topic} {fact}").Distinct())
        {
            var holders = documents.Count(document => document.ContainsKey(word));
            var idf = Math.Log(1 + (documents.Count - holders + 0.5) / (holders + 0.5));
            for (var i = 0; i < documents.Count; i++)
            {
                if (!documents[i].TryGetValue(word, out var frequency)) { continue; }
                scores[i] += idf * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * lengths[i] / mean));
            }
        }
        return [.. Enumerable.Range(0, documents.Count).OrderByDescending(i => scores[i]).Take(count).Select(i => passages[i])];
    }

    private static string[] Words(string text) => RuleJudge.Normalise(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Inner products of sentence embeddings within the article (the paper's retriever); a passage is read with its title.</summary>
/// <param name="knowledge">The articles.</param>
/// <param name="name">Names the encoder.</param>
/// <param name="embed">A text's embedding; always of one size.</param>
public sealed class EmbeddingRetriever(KnowledgeBase knowledge, string name, Func<string, float[]> embed) : IFactRetriever
{
    /// <inheritdoc/>
    public string Name => $"embedding/1/{name}";

    /// <inheritdoc/>
    public IReadOnlyList<string>? Top(string topic, string fact, int count)
    {
        if (knowledge.Passages(topic) is not { } passages) { return null; }
        var query = embed($"{topic} {fact}");
        return [.. passages.Select(passage => (Passage: passage, Score: query.Zip(embed($"{topic} {passage}"), (left, right) => (double)left * right).Sum())).OrderByDescending(pair => pair.Score).Take(count).Select(pair => pair.Passage)];
    }
}
