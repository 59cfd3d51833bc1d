namespace Bellman.Language;

/// <summary>
/// Draws responses from a transformer with a preallocated cache of keys and values. Responses of a prompt share its
/// computation; a finished one leaves the batch and the next takes its place. A response's tokens depend on its prompt, its
/// stream and the model alone, not on the batch, and with the kernels not on the number of threads either.
/// </summary>
/// <param name="model">Read as it is when a call begins; it must not be trained during one.</param>
/// <param name="tokenizer">Recognises stop texts and names end tokens when the model names none; may be null.</param>
/// <param name="steering">Changes the distribution of every token; its log-probabilities are then the changed ones. Null for none.</param>
public sealed class LocalSampler(Transformer model, ITokenizer? tokenizer = null, ILogitSteering? steering = null) : IStreamingSampler
{
    /// <summary>Whether tokens are drawn where the model computes; null where that is quicker, on a GPU.</summary>
    internal bool? DrawsOnDevice { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default) =>
        Draw(prompts, options, null, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Completion>> Sample(
        IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, Action<SampledToken> drawn, CancellationToken cancellation = default) =>
        Draw(prompts, options, drawn, cancellation);

    private IReadOnlyList<IReadOnlyList<Completion>> Draw(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, Action<SampledToken>? drawn, CancellationToken cancellation)
    {
        var stop = Check(prompts, options);
        var sequences = prompts.Sum(prompt => prompt.Samples);
        if (sequences == 0) { return [.. prompts.Select(_ => Array.Empty<Completion>())]; }
        using var work = new SamplingWork(prompts, drawn);
        var longest = prompts.Max(prompt => prompt.Tokens.Length);
        var decoders = model.Engine.CreateDecoders(sequences, longest, Math.Min(options.MaximumNewTokens, model.ContextLength - prompts.Min(prompt => prompt.Tokens.Length)));
        try
        {
            if (decoders.Count == 1) { Run(decoders[0], work, prompts, options, stop, cancellation); }
            else
            {
                var tasks = decoders.Select(decoder => Task.Factory.StartNew(
                    () => Run(decoder, work, prompts, options, stop, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
                WaitAll(tasks);
            }
        }
        finally
        {
            foreach (var decoder in decoders) { decoder.Dispose(); }
        }
        return work.Results;
    }

    /// <summary>Fills the decoder's slots from the work until there is none left.</summary>
    private void Run(IDecoder decoder, SamplingWork work, IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, StopConditions stop, CancellationToken cancellation)
    {
        var draw = new TokenDraw(options, model.VocabularySize);
        var active = new List<ActiveResponse>(decoder.Slots);
        var free = new Stack<int>(Enumerable.Range(0, decoder.Slots).Reverse());
        var (slots, tokens) = (new int[decoder.Slots], new int[decoder.Slots]);
        // A steered distribution is changed here, so that it must come here first.
        var drawing = steering is null && draw.IsWhole && decoder is IDrawingDecoder capable && (DrawsOnDevice ?? capable.PrefersDrawing) ? capable : null;
        var logits = new float[drawing is null ? decoder.Slots * model.VocabularySize : 0];
        var (uniforms, drawn) = (new double[decoder.Slots], new DrawnToken[decoder.Slots]);
        var beginning = new float[steering is null ? 0 : model.VocabularySize];
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = active.Count;
            while (free.Count > 0 && work.TryTake(out var prompt, out var sample))
            {
                var cache = work[prompt].Get(decoder);
                var response = new GrowingResponse(prompts[prompt], sample, options, model.ContextLength);
                if (Next(response, First(cache), prompt, sample) is { } finish)
                {
                    work.Finish(prompt, sample, response.Complete(finish));
                    continue;
                }
                var slot = free.Pop();
                decoder.Attach(slot, cache);
                active.Add(new ActiveResponse(prompt, sample, slot, response));
            }
            if (active.Count == 0) { return; }
            // In the order of their slots, decoders read full caches in place.
            if (active.Count > before) { active.Sort((left, right) => left.Slot.CompareTo(right.Slot)); }
            for (var i = 0; i < active.Count; i++) { (slots[i], tokens[i]) = (active[i].Slot, active[i].Response.Last); }
            Advance();
            var kept = 0;
            for (var i = 0; i < active.Count; i++)
            {
                var row = active[i];
                if (Following(i) is { } finish)
                {
                    work.Finish(row.Prompt, row.Sample, row.Response.Complete(finish));
                    free.Push(row.Slot);
                }
                else { active[kept++] = row; }
            }
            active.RemoveRange(kept, active.Count - kept);
        }

        void Advance()
        {
            var count = active.Count;
            if (drawing is null)
            {
                decoder.Step(slots.AsSpan(0, count), tokens.AsSpan(0, count), logits);
                return;
            }
            for (var i = 0; i < count; i++) { uniforms[i] = active[i].Response.NextUniform(); }
            drawing.Draw(slots.AsSpan(0, count), tokens.AsSpan(0, count), uniforms.AsSpan(0, count), draw.Temperature, drawn.AsSpan(0, count));
        }

        FinishReason? Following(int i)
        {
            var row = active[i];
            if (drawing is not null) { return Told(row.Response.Append(drawn[i], stop), row.Prompt, row.Sample); }
            var following = logits.AsSpan(i * model.VocabularySize, model.VocabularySize);
            steering?.Steer(decoder.Hidden(i), following);
            return Next(row.Response, following, row.Prompt, row.Sample);
        }

        ReadOnlySpan<float> First(IPromptCache cache)
        {
            if (steering is null) { return cache.Logits; }
            cache.Logits.CopyTo(beginning);
            steering.Steer(cache.Hidden, beginning);
            return beginning;
        }

        FinishReason? Next(GrowingResponse response, ReadOnlySpan<float> following, int prompt, int sample) => Told(response.Draw(following, draw, stop), prompt, sample);

        FinishReason? Told((DrawnToken Drawn, FinishReason? Finish) next, int prompt, int sample)
        {
            work.Report(new SampledToken(prompt, sample, next.Drawn.Token, next.Drawn.LogProbability));
            return next.Finish;
        }
    }

    private StopConditions Check(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options)
    {
        OptionSet.Validated(options, "sampling");
        if (prompts.Count == 0) { throw new UsageException("There are no prompts to continue. Give at least one."); }
        for (var i = 0; i < prompts.Count; i++)
        {
            var tokens = prompts[i].Tokens;
            if (tokens.Length == 0) { throw new UsageException($"Prompt {i} has no tokens. Begin it with a start token."); }
            if (tokens.Length >= model.ContextLength) { throw new UsageException($"Prompt {i} has {tokens.Length} tokens, and the model's context of {model.ContextLength} must hold it and at least one more. Shorten it."); }
            if (Array.Find(tokens, token => (uint)token >= (uint)model.VocabularySize) is var wrong && (uint)wrong >= (uint)model.VocabularySize)
            {
                throw new UsageException($"Prompt {i} holds the token {wrong}, outside the model's vocabulary of {model.VocabularySize}. Use the tokenizer that belongs to the model.");
            }
            ArgumentOutOfRangeException.ThrowIfNegative(prompts[i].Samples);
        }
        var ends = model.Configuration.EndTokens.Count > 0 ? model.Configuration.EndTokens : tokenizer?.EndTokens ?? [];
        return new StopConditions(options, ends, tokenizer);
    }

    private static void WaitAll(Task[] tasks)
    {
        try
        {
            Task.WaitAll(tasks);
        }
        catch (AggregateException errors)
        {
            // Whoever called meets the first error as it was thrown, not a wrapping of it.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.Flatten().InnerExceptions[0]);
        }
    }

    private readonly record struct ActiveResponse(int Prompt, int Sample, int Slot, GrowingResponse Response);
}
