using System.Threading.Channels;
using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>A request on its way through the queue: its tokens as they are drawn, and then its responses.</summary>
internal sealed class GenerationJob(GenerationRequest request, ServedModel model, IReadOnlyList<SamplingPrompt> prompts, CancellationToken gone)
{
    private readonly Channel<SampledToken> tokens = Channel.CreateUnbounded<SampledToken>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource<IReadOnlyList<IReadOnlyList<Completion>>> result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GenerationRequest Request => request;

    /// <summary>The model that the request was read for.</summary>
    public ServedModel Model => model;

    public IReadOnlyList<SamplingPrompt> Prompts => prompts;

    /// <summary>Cancelled when whoever asked has gone.</summary>
    public CancellationToken Gone => gone;

    public int Responses => prompts.Sum(prompt => prompt.Samples);

    /// <summary>The tokens as they are drawn, to the end.</summary>
    public IAsyncEnumerable<SampledToken> Tokens => tokens.Reader.ReadAllAsync(gone);

    /// <summary>The responses: [prompt][sample].</summary>
    public Task<IReadOnlyList<IReadOnlyList<Completion>>> Result => result.Task.WaitAsync(gone);

    public void Drawn(SampledToken token)
    {
        if (request.Stream) { tokens.Writer.TryWrite(token); }
    }

    public void Finish(IReadOnlyList<IReadOnlyList<Completion>> completions)
    {
        result.TrySetResult(completions);
        tokens.Writer.TryComplete();
    }

    public void Fail(Exception error)
    {
        // Nobody may be waiting any more; the task's error then counts as seen.
        result.TrySetException(error);
        _ = result.Task.Exception;
        tokens.Writer.TryComplete(error);
    }
}
