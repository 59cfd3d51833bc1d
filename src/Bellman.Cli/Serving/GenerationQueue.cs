using System.Threading.Channels;
using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>
/// Requests waiting for the model. One thread serves them in order; those that wait together and are sampled in the same way are
/// sampled as one batch, which does not change their tokens.
/// </summary>
internal sealed class GenerationQueue : IAsyncDisposable
{
    private readonly IStreamingSampler sampler;
    private readonly ServerOptions options;
    private readonly Channel<GenerationJob> waiting;
    private readonly CancellationTokenSource stop = new();
    private readonly Task worker;
    private long unseeded;

    public GenerationQueue(IStreamingSampler sampler, ServerOptions options)
    {
        (this.sampler, this.options) = (sampler, options);
        waiting = Channel.CreateBounded<GenerationJob>(new BoundedChannelOptions(options.MaximumQueue) { SingleReader = true });
        worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Adds a request.</summary>
    /// <exception cref="ApiError">The queue is full, or the server is stopping.</exception>
    public GenerationJob Add(GenerationRequest request, CancellationToken gone)
    {
        var random = request.Seed is { } seed ? RandomStream.Create(seed, "request") : RandomStream.Create(options.Seed, "server").Child("request", Interlocked.Increment(ref unseeded));
        var job = new GenerationJob(request, [.. request.Prompts.Select((tokens, index) => new SamplingPrompt(tokens, request.Samples, random.Child("prompt", index)))], gone);
        return waiting.Writer.TryWrite(job) ? job
            : throw new ApiError(stop.IsCancellationRequested || waiting.Reader.Completion.IsCompleted ? 503 : 429, "The server has as many requests waiting as it takes. Try again in a while.");
    }

    /// <summary>Takes no more requests and ends when those that wait are answered, or at once when <paramref name="now"/> is cancelled.</summary>
    public async Task Finish(CancellationToken now)
    {
        waiting.Writer.TryComplete();
        await using var registration = now.Register(stop.Cancel);
        await worker;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        waiting.Writer.TryComplete();
        await worker;
        stop.Dispose();
    }

    private void Work()
    {
        while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            if (Take() is { Count: > 0 } batch) { Serve(batch); }
        }
    }

    /// <summary>The next request, and those behind it that go with it.</summary>
    private List<GenerationJob> Take()
    {
        var batch = new List<GenerationJob>();
        while (waiting.Reader.TryPeek(out var job))
        {
            if (job.Gone.IsCancellationRequested) { waiting.Reader.TryRead(out _); job.Fail(new OperationCanceledException()); continue; }
            if (batch.Count > 0 && (!Same(batch[0].Request.Sampling, job.Request.Sampling) || batch.Sum(taken => taken.Responses) + job.Responses > options.MaximumBatch)) { break; }
            waiting.Reader.TryRead(out _);
            batch.Add(job);
        }
        return batch;
    }

    private void Serve(List<GenerationJob> batch)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        // The batch goes on while anybody wants it.
        var wanted = batch.Count;
        var registrations = batch.Select(job => job.Gone.Register(() => { if (Interlocked.Decrement(ref wanted) == 0) { cancel.Cancel(); } })).ToList();
        var starts = new int[batch.Count + 1];
        for (var i = 0; i < batch.Count; i++) { starts[i + 1] = starts[i] + batch[i].Prompts.Count; }
        var owner = batch.SelectMany((job, index) => Enumerable.Repeat(index, job.Prompts.Count)).ToArray();
        try
        {
            var results = sampler.Sample([.. batch.SelectMany(job => job.Prompts)], batch[0].Request.Sampling,
                token => batch[owner[token.Prompt]].Drawn(token with { Prompt = token.Prompt - starts[owner[token.Prompt]] }), cancel.Token);
            for (var i = 0; i < batch.Count; i++) { batch[i].Finish([.. results.Skip(starts[i]).Take(batch[i].Prompts.Count)]); }
        }
        catch (Exception error) when (error is BellmanException or OperationCanceledException or IOException or InvalidOperationException or ArgumentException or System.Runtime.InteropServices.ExternalException)
        {
            // One request must not take the server down; whoever asked is told.
            foreach (var job in batch) { job.Fail(error); }
        }
        finally
        {
            foreach (var registration in registrations) { registration.Dispose(); }
            // Without effect on those that were answered; nobody is left waiting.
            foreach (var job in batch) { job.Fail(new BellmanException("The model failed.")); }
        }
    }

    private static bool Same(SamplingOptions first, SamplingOptions second) =>
        first.StopTokens.SequenceEqual(second.StopTokens) && first.StopTexts.SequenceEqual(second.StopTexts)
        && first with { StopTokens = [], StopTexts = [] } == second with { StopTokens = [], StopTexts = [] };
}
