using System.IO.Compression;
using System.Text;
using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Bellman.Tests.Cli;
using Parquet.Serialization;
using Xunit;

namespace Bellman.Tests.Language.Data;

/// <summary>Data files in each format, and what is said about those that cannot be used.</summary>
public sealed class DataFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_format_gives_the_same_questions()
    {
        string[] lines = ["{\"question\":\"2+2?\",\"answer\":\"two and two\\n#### 4\"}", "{\"question\":\"é 😀?\",\"answer\":\"#### 1,000\"}"];
        var expected = QuestionFile.Read(Write("a.jsonl", string.Join("\n", lines) + "\n"));
        Assert.Equal(["4", "1,000"], expected.Select(item => item.Answer));
        using (var gzip = new GZipStream(File.Create(Place("a.jsonl.gz")), CompressionLevel.Fastest)) { gzip.Write(Encoding.UTF8.GetBytes(string.Join("\r\n", lines))); }
        await ParquetSerializer.SerializeAsync<Question>([new Question { question = "2+2?", answer = "two and two\n#### 4" }, new Question { question = "é 😀?", answer = "#### 1,000" }], Place("a.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        foreach (var path in new[] { Place("a.jsonl.gz"), Place("a.parquet"), Write("a.json", $"[{string.Join(",", lines)}]") })
        {
            Assert.Equal(expected.Select(item => (item.Prompt, item.Solution, item.Answer)), QuestionFile.Read(path).Select(item => (item.Prompt, item.Solution, item.Answer)));
        }
    }

    [Fact]
    public void Columns_are_those_that_are_named_else_those_with_the_usual_names()
    {
        var path = Write("a.jsonl", """{"q":"What?","meta":{"truth":5},"problem":"Other","answer":"7","level":"Level 3"}""");
        var item = Assert.Single(QuestionFile.Read(path, DataColumns.Parse("prompt=q, answer=meta.truth", QuestionFile.Roles), "Q: {question} A:"));
        Assert.Equal(("Q: What? A:", "5", 3), (item.Prompt, item.Answer, item.Level));
        Assert.Equal("7", Assert.Single(QuestionFile.Read(path)).Answer);
        Assert.Equal(1.0, Assert.Single(QuestionFile.Read(path)).Check(Assert.Single(QuestionFile.Read(path)).Solution).Answer);
    }

    [Fact]
    public void A_missing_column_is_refused_with_those_that_are_there()
    {
        var path = Write("a.jsonl", "{\"question\":\"a\",\"answer\":\"1\"}\n{\"question\":\"b\",\"reply\":\"2\"}\n");
        var message = Refused(() => QuestionFile.Read(path));
        Assert.Contains("line 2", message, StringComparison.Ordinal);
        Assert.Contains("question, reply", message, StringComparison.Ordinal);
        Assert.Contains("--columns answer=COLUMN", message, StringComparison.Ordinal);
        Assert.Contains("'why'", Refused(() => QuestionFile.Read(path, DataColumns.Parse("answer=why", QuestionFile.Roles))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"question\":\"a\",\"answer\":\"1\"}\nnot json\n", "line 2 is not JSON")]
    [InlineData("[1]\n", "line 1 is JSON but no object")]
    [InlineData("", "holds no records")]
    [InlineData("\n\n", "holds no records")]
    [InlineData("{\"question\":\"a\",\"answer\":\" \"}\n", "empty answer")]
    [InlineData("{\"question\":[],\"answer\":\"1\"}\n", "no user message")]
    [InlineData("{\"question\":{},\"answer\":\"1\"}\n", "a text is needed")]
    public void A_line_that_cannot_be_used_is_refused_with_file_and_line(string content, string expected)
    {
        var path = Write("a.jsonl", content);
        var message = Refused(() => QuestionFile.Read(path));
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains(path, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused() =>
        Assert.Contains("not JSON", Refused(() => QuestionFile.Read(Write("a.jsonl", string.Concat(Enumerable.Repeat("{\"a\":", 100_000))))), StringComparison.Ordinal);

    [Theory]
    [InlineData("a.csv", "ends in none of")]
    [InlineData("missing.jsonl", "does not exist")]
    [InlineData("a.json", "not JSON")]
    [InlineData("a.jsonl.gz", "gzip")]
    [InlineData("a.parquet", "no Parquet file")]
    public void A_file_of_another_kind_is_refused(string name, string expected)
    {
        if (!name.StartsWith("missing", StringComparison.Ordinal)) { Write(name, "PAR1 nonsense that is no such file PAR1"); }
        Assert.Contains(expected, Refused(() => QuestionFile.Read(Place(name))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mutated_Parquet_file_is_read_or_refused_and_nothing_else()
    {
        var (whole, random) = (await ParquetBytes(), RandomStream.Create(5, "mutations"));
        for (var file = 0; file < 500; file++)
        {
            var bytes = whole.ToArray();
            for (var edits = random.NextInt32(4); edits >= 0; edits--) { bytes[random.NextInt32(bytes.Length)] = (byte)random.NextInt32(256); }
            File.WriteAllBytes(Place("b.parquet"), bytes);
            try
            {
                QuestionFile.Read(Place("b.parquet"));
            }
            catch (UsageException refusal)
            {
                Assert.Contains("b.parquet", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    // The library reads on for ever where the footer's last structure does not end.
    [Theory]
    [InlineData(9)]
    [InlineData(13)]
    [InlineData(164)]
    [InlineData(246)]
    public async Task A_Parquet_footer_that_does_not_end_is_refused(byte last)
    {
        var bytes = await ParquetBytes();
        bytes[^9] = last;
        File.WriteAllBytes(Place("endless.parquet"), bytes);
        Assert.Contains("footer is damaged", Refused(() => QuestionFile.Read(Place("endless.parquet"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prompt", "role=column")]
    [InlineData("promt=a", "prompt")]
    [InlineData("prompt=a,prompt=b", "twice")]
    public void Malformed_columns_are_refused(string text, string expected) =>
        Assert.Contains(expected, Refused(() => DataColumns.Parse(text, QuestionFile.Roles)), StringComparison.Ordinal);

    [Fact]
    public void A_prompt_in_training_and_held_out_data_is_refused()
    {
        var path = Write("a.jsonl", """{"question":"a","answer":"1"}""");
        Assert.Contains("training data as well", Refused(() => DataTask.Read(path, path)), StringComparison.Ordinal);
    }

    private async Task<byte[]> ParquetBytes()
    {
        var questions = Enumerable.Range(0, 40).Select(i => new Question { question = $"{i}+1?", answer = $"#### {i + 1}" });
        await ParquetSerializer.SerializeAsync(questions, Place("a.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        return await File.ReadAllBytesAsync(Place("a.parquet"), TestContext.Current.CancellationToken);
    }

    private string Place(string name) => Path.Combine(folder.Path, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(Place(name), content);
        return Place(name);
    }

    private static string Refused(Action action) => Assert.Throws<UsageException>(action).Message;

#pragma warning disable IDE1006 // Columns are named as in the files.
    internal sealed class Question
    {
        public string? question { get; set; }

        public string? answer { get; set; }
    }
#pragma warning restore IDE1006
}
