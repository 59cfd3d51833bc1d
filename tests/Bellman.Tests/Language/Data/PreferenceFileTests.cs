using Bellman.Language.Chat;
using Bellman.Language.Data;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Language.Data;

/// <summary>Preference pairs in the layouts of public data sets.</summary>
public sealed class PreferenceFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Texts_are_a_prompt_and_two_answers()
    {
        var pair = Read("""{"prompt":"Hi","chosen":"Hello!","rejected":"What?"}""");
        Assert.Equal([new ChatMessage("user", "Hi")], pair.Prompt);
        Assert.Equal(("Hello!", "What?", (double?)null), (pair.Chosen, pair.Rejected, pair.ChosenScore));
    }

    [Fact]
    public void UltraFeedback_gives_whole_conversations_and_scores()
    {
        var pair = Read("""{"prompt":"Hi","chosen":[{"role":"user","content":"Hi"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"Hi"},{"role":"assistant","content":"B"}],"score_chosen":8.5,"score_rejected":6}""");
        Assert.Equal([new ChatMessage("user", "Hi")], pair.Prompt);
        Assert.Equal(("A", "B", (double?)8.5, (double?)6), (pair.Chosen, pair.Rejected, pair.ChosenScore, pair.RejectedScore));
    }

    [Fact]
    public void Answers_may_be_lists_without_the_prompt()
    {
        var pair = Read("""{"prompt":[{"role":"system","content":"S"},{"role":"user","content":"Hi"}],"chosen":[{"role":"assistant","content":"A"}],"rejected":[{"role":"assistant","content":"B"}]}""");
        Assert.Equal([new ChatMessage("system", "S"), new ChatMessage("user", "Hi")], pair.Prompt);
        Assert.Equal(("A", "B"), (pair.Chosen, pair.Rejected));
    }

    [Fact]
    public void Transcripts_of_hh_rlhf_are_split_at_their_last_answer()
    {
        var pair = Read("""{"chosen":"\n\nHuman: One?\n\nAssistant: 1\n\nHuman: Two?\n\nAssistant: 2","rejected":"\n\nHuman: One?\n\nAssistant: 1\n\nHuman: Two?\n\nAssistant: 3\n\nreally"}""");
        Assert.Equal([new ChatMessage("user", "One?"), new ChatMessage("assistant", "1"), new ChatMessage("user", "Two?")], pair.Prompt);
        Assert.Equal(("2", "3\n\nreally"), (pair.Chosen, pair.Rejected));
    }

    [Theory]
    [InlineData("""{"prompt":"Hi","chosen":"A","rejected":"A"}""", "are the same")]
    [InlineData("""{"prompt":"Hi","chosen":"","rejected":"A"}""", "empty answer")]
    [InlineData("""{"chosen":"B","rejected":"A"}""", "no prompt")]
    [InlineData("""{"prompt":"Hi","chosen":"B"}""", "rejected")]
    [InlineData("""{"chosen":"\n\nHuman: One?\n\nAssistant: 1","rejected":"\n\nHuman: Two?\n\nAssistant: 2"}""", "different prompts")]
    [InlineData("""{"chosen":"\n\nHuman: One?\n\nAssistant: 1\n\nHuman: More","rejected":"\n\nHuman: One?\n\nAssistant: 2"}""", "does not end with")]
    [InlineData("""{"prompt":"Hi","chosen":[{"role":"assistant"}],"rejected":"A"}""", "no content")]
    [InlineData("""{"prompt":"Hi","chosen":[{"role":"robot","content":"x"}],"rejected":"A"}""", "'robot'")]
    [InlineData("""{"prompt":"Hi","chosen":[],"rejected":"A"}""", "does not end with")]
    public void A_pair_that_prefers_nothing_is_refused_with_its_line(string line, string expected)
    {
        var message = Assert.Throws<UsageException>(() => Read(line)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("line 1", message, StringComparison.Ordinal);
    }

    private PreferencePair Read(string line)
    {
        var path = Path.Combine(folder.Path, "pairs.jsonl");
        File.WriteAllText(path, line + "\n");
        return Assert.Single(PreferenceFile.Read(path));
    }
}
