using System.Threading.Channels;
using Bellman.Language;

namespace Bellman.Cli.Serving;

/// <summary>
/// Requests waiting for the model. One thread serves them in order; those that wait together and are sampled in the same way are
/// sampled as one batch, which does not change their tokens. A new model takes its turn among them.
/// </summary>
internal sealed class GenerationQueue : IAsyncDisposable
{
    private readonly ServerOptions options;
    private readonly Channel<object> waiting;
    private readonly CancellationTokenSource stop = new();
    private readonly Task worker;
    private volatile ServedModel model;
    private LanguageModelFolder? loaded;
    private long unseeded;

    /// <param name="model">Answers first; its folder stays the caller's.</param>
    /// <param name="options">How many may wait.</param>
    public GenerationQueue(ServedModel model, ServerOptions options)
    {
        (this.model, this.options) = (model, options);
        waiting = Channel.CreateBounded<object>(new BoundedChannelOptions(options.MaximumQueue) { SingleReader = true });
        worker = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The model that answers now.</summary>
    public ServedModel Model => model;

    /// <summary>Adds a request.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="model">The model it was read for.</param>
    /// <param name="gone">Cancelled when whoever asks has gone.</param>
    /// <exception cref="ApiError">The queue is full, or the server is stopping.</exception>
    public GenerationJob Add(GenerationRequest request, ServedModel model, CancellationToken gone)
    {
        RandomStream Stream(int prompt)
        {
            if (request.Random is { } own) { return own; }
            var random = request.Seed is { } seed ? RandomStream.Create(seed, "request") : RandomStream.Create(options.Seed, "server").Child("request", Interlocked.Increment(ref unseeded));
            return random.Child("prompt", prompt);
        }
        var job = new GenerationJob(request, model, [.. request.Prompts.Select((tokens, index) => new SamplingPrompt(tokens, request.Samples, Stream(index)))], gone);
        Enqueue(job);
        return job;
    }

    /// <summary>Lets another model answer, once the requests before it are answered. It is disposed when its turn is over.</summary>
    /// <exception cref="ApiError">The queue is full, or the server is stopping; the model stays the caller's.</exception>
    public Task Replace(ServedModel next)
    {
        var replacement = new Replacement(next);
        Enqueue(replacement);
        return replacement.Done.Task;
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
        loaded?.Dispose();
        stop.Dispose();
    }

    private void Enqueue(object item)
    {
        if (waiting.Writer.TryWrite(item)) { return; }
        throw new ApiError(stop.IsCancellationRequested || waiting.Reader.Completion.IsCompleted ? 503 : 429, "The server has as many requests waiting as it takes. Try again in a while.");
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
        while (waiting.Reader.TryPeek(out var item))
        {
            if (item is Replacement replacement)
            {
                if (batch.Count > 0) { break; }
                waiting.Reader.TryRead(out _);
                Become(replacement);
                continue;
            }
            var job = (GenerationJob)item;
            if (job.Gone.IsCancellationRequested) { waiting.Reader.TryRead(out _); job.Fail(new OperationCanceledException()); continue; }
            if (job.Model != model) { waiting.Reader.TryRead(out _); job.Fail(new ApiError(503, "The model was replaced while the request waited. Ask again.")); continue; }
            if (batch.Count > 0 && (!Same(batch[0].Request.Sampling, job.Request.Sampling) || batch.Sum(taken => taken.Responses) + job.Responses > options.MaximumBatch)) { break; }
            waiting.Reader.TryRead(out _);
            batch.Add(job);
        }
        return batch;
    }

    private void Become(Replacement replacement)
    {
        model = replacement.Model;
        loaded?.Dispose();
        loaded = model.Folder;
        replacement.Done.SetResult();
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
            var results = model.Sampler.Sample([.. batch.SelectMany(job => job.Prompts)], batch[0].Request.Sampling,
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

    private sealed record Replacement(ServedModel Model)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
