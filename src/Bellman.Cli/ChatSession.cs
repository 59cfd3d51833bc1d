using Bellman.Language;
using Bellman.Language.Chat;

namespace Bellman.Cli;

/// <summary>
/// A conversation on a terminal or through pipes: each line is a message, the answer is shown while it grows, Ctrl-C stops the answer
/// alone.
/// </summary>
internal sealed class ChatSession
{
    private const string Help = "Write a message and press Enter. /reset forgets the conversation, /exit or the end of the input leaves, Ctrl-C stops an answer.";

    private readonly LanguageModelFolder model;
    private readonly IStreamingSampler sampler;
    private readonly SamplingOptions options;
    private readonly RandomStream random;
    private readonly string? system;
    private readonly List<ChatMessage> messages = [];
    private CancellationTokenSource? answering;
    private long turn;

    /// <param name="model">Not disposed.</param>
    /// <param name="options">How answers are drawn.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="system">A system message, or null.</param>
    /// <param name="sampler">Draws the tokens; null makes a <see cref="LocalSampler"/>.</param>
    public ChatSession(LanguageModelFolder model, SamplingOptions options, ulong seed, string? system, IStreamingSampler? sampler = null)
    {
        (this.model, this.system, this.sampler) = (model, system, sampler ?? model.Sampler());
        this.options = LocalGenerator.Ending(model, options);
        random = RandomStream.Create(seed, "chat");
        Reset();
    }

    /// <summary>Talks until the input ends.</summary>
    /// <param name="input">A message a line.</param>
    /// <param name="output">Answers go here.</param>
    /// <param name="error">What is not part of the conversation goes here.</param>
    /// <param name="interactive">Whether a person writes: then there is a prompt.</param>
    /// <param name="cancellation">Ends the conversation.</param>
    public void Run(TextReader input, TextWriter output, TextWriter error, bool interactive, CancellationToken cancellation)
    {
        if (interactive) { error.WriteLine($"{model.Name}, {model.Template.Name} template{(model.Template.HasMemory ? "" : ": each message is continued by itself")}. {Help}"); }
        while (!cancellation.IsCancellationRequested)
        {
            if (interactive) { error.Write("> "); }
            if (input.ReadLine() is not { } line || line.Trim() is "/exit") { return; }
            switch (line.Trim())
            {
                case "": continue;
                case "/reset": Reset(); continue;
                case "/help": error.WriteLine(Help); continue;
                default: Answer(line, output, error, cancellation); continue;
            }
        }
    }

    /// <summary>Stops the answer in hand; false when there is none.</summary>
    public bool StopAnswer()
    {
        var current = answering;
        if (current is null || current.IsCancellationRequested) { return false; }
        current.Cancel();
        return true;
    }

    private void Answer(string message, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        messages.Add(new ChatMessage("user", message));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var growing = new GrowingText(model.Tokenizer, options.StopTexts);
        var text = new System.Text.StringBuilder();
        answering = stop;
        try
        {
            var tokens = model.Template.Encode(messages, model.Tokenizer);
            sampler.Sample([new SamplingPrompt(tokens, 1, random.Child("turn", turn++))], options, token => Show(growing.Add(token.Token)), stop.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            error.WriteLine();
            error.WriteLine("Stopped.");
        }
        catch (UsageException problem)
        {
            // The conversation has outgrown the context, or holds what the model cannot read; the next message may fit.
            error.WriteLine($"{problem.Message} /reset begins anew.");
            messages.RemoveAt(messages.Count - 1);
            return;
        }
        finally
        {
            answering = null;
        }
        Show(growing.End());
        output.WriteLine();
        messages.Add(new ChatMessage("assistant", text.ToString()));

        void Show(string part)
        {
            text.Append(part);
            output.Write(part);
            output.Flush();
        }
    }

    private void Reset()
    {
        messages.Clear();
        if (system is not null) { messages.Add(new ChatMessage("system", system)); }
    }
}
