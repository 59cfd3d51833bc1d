using Bellman.Cli;
using Bellman.Language;
using Bellman.Language.Tokenizers;
using Xunit;

namespace Bellman.Tests.Language.Cli;

/// <summary>A conversation: what is shown, what is remembered, and how an answer is stopped.</summary>
public sealed class ChatSessionTests : IDisposable
{
    private readonly LanguageModelFolder model = LanguageModelFolder.Tiny(new CharacterTokenizer("0123456789+= "), RandomStream.Create(5));

    public void Dispose() => model.Dispose();

    [Fact]
    public void Each_line_is_answered_on_a_line_until_the_input_ends()
    {
        var (output, error) = Talk("1+1=\n\n2+2=\n");
        Assert.Equal(3, output.Split('\n').Length);
        Assert.Equal("", error);
        Assert.Equal(output, Talk("1+1=\n2+2=\n/exit\n3+3=\n").Output);
    }

    [Fact]
    public void A_message_that_cannot_be_read_is_explained_and_the_conversation_goes_on()
    {
        var (output, error) = Talk("hello\n1+1=\n");
        Assert.Contains("'h' (U+0068)", error, StringComparison.Ordinal);
        Assert.Equal(2, output.Split('\n').Length);
    }

    [Fact]
    public void Stopping_keeps_what_was_shown_and_the_next_message_is_answered()
    {
        ChatSession? session = null;
        var sampler = new Scripted(model, listener =>
        {
            listener("1");
            listener("2");
            Assert.True(session?.StopAnswer());
            Assert.False(session?.StopAnswer());
        });
        session = new ChatSession(model, new SamplingOptions(), 1, null, sampler);
        var (output, error) = (new StringWriter(), new StringWriter());
        session.Run(new StringReader("1+1=\n2+2=\n"), output, error, interactive: false, TestContext.Current.CancellationToken);
        Assert.Equal("12\n12\n", output.ToString().ReplaceLineEndings("\n"));
        Assert.Contains("Stopped.", error.ToString(), StringComparison.Ordinal);
        Assert.False(session.StopAnswer());
    }

    [Fact]
    public void A_person_is_told_the_template_and_prompted()
    {
        var error = new StringWriter();
        new ChatSession(model, new SamplingOptions(), 1, null).Run(new StringReader("/help\n/reset\n"), new StringWriter(), error, interactive: true, TestContext.Current.CancellationToken);
        Assert.StartsWith("tiny, plain template", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(4, error.ToString().Split("> ").Length);
    }

    private (string Output, string Error) Talk(string input)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        new ChatSession(model, new SamplingOptions { MaximumNewTokens = 12 }, 1, null).Run(new StringReader(input), output, error, interactive: false, TestContext.Current.CancellationToken);
        return (output.ToString(), error.ToString());
    }

    /// <summary>Draws what it is told and then waits to be cancelled.</summary>
    private sealed class Scripted(LanguageModelFolder model, Action<Action<string>> script) : IStreamingSampler
    {
        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, Action<SampledToken> drawn, CancellationToken cancellation = default)
        {
            script(text => drawn(new SampledToken(0, 0, model.Tokenizer.Encode(text)[0], -1)));
            cancellation.ThrowIfCancellationRequested();
            return [];
        }

        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default) => [];
    }
}
