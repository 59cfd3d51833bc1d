using Bellman.Language;
using Microsoft.Extensions.AI;
using Xunit;

namespace Bellman.Tests.Language;

public sealed class JudgeTests
{
    /// <summary>Answers every request by a function of its text.</summary>
    private sealed class Scripted(Func<string, string> answer) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer(messages.Last().Text))));

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            yield break;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose() { }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Judge_that_follows_the_position_prefers_neither()
    {
        using var client = new Scripted(_ => "A");
        Assert.Equal(.5, await new ChatJudge(client).PreferAsync("q", "one", "two", Cancellation));
    }

    [Fact]
    public async Task Judge_that_reads_the_answers_prefers_the_better_one_in_both_orders()
    {
        using var client = new Scripted(text => text.IndexOf("good", StringComparison.Ordinal) < text.IndexOf("Answer B", StringComparison.Ordinal) ? "A" : "(B)");
        Assert.Equal(1, await new ChatJudge(client).PreferAsync("q", "good", "bad", Cancellation));
        Assert.Equal(0, await new ChatJudge(client).PreferAsync("q", "bad", "good", Cancellation));
    }

    [Theory]
    [InlineData("I cannot say", null)]
    [InlineData("10", 1.0)]
    [InlineData("Score: 1", -1.0)]
    [InlineData("99", null)]
    public async Task Scores_are_read_or_missing(string reply, double? expected)
    {
        using var client = new Scripted(_ => reply);
        Assert.Equal(expected, await new ChatJudge(client).ScoreAsync("q", "a", Cancellation));
        if (expected is null) { Assert.Null(await new ChatJudge(client).PreferAsync("q", "x", "y", Cancellation)); }
    }

    [Fact]
    public async Task Revision_follows_a_principle_drawn_at_random()
    {
        var seen = new List<string>();
        var constitution = new ConstitutionalRevision(["be kind", "be brief"], new ConstitutionTemplates("Criticise {response} by {principle}", "Revise {response} of {question} by {critique}"), (prompt, _) =>
        {
            seen.Add(prompt);
            return Task.FromResult(prompt.StartsWith("Criticise", StringComparison.Ordinal) ? "too long" : "short");
        });
        Assert.Equal("short", await constitution.ReviseAsync("q", "a long answer", 2, RandomStream.Create(1), Cancellation));
        Assert.Equal(4, seen.Count);
        Assert.Contains("a long answer", seen[0], StringComparison.Ordinal);
        Assert.Equal("Revise a long answer of q by too long", seen[1]);
        Assert.Contains(seen, prompt => prompt.Contains("be ", StringComparison.Ordinal));
    }

    [Fact]
    public void Template_without_a_slot_is_refused() =>
        Assert.Contains("{critique}", Assert.Throws<UsageException>(() => new ConstitutionalRevision(["p"], new ConstitutionTemplates("{principle} {response}", "{response}"), (_, _) => Task.FromResult(""))).Message, StringComparison.Ordinal);
}
