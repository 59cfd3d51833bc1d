namespace Bellman.Language;

/// <summary>
/// The responses of one call, taken one at a time by the decoders. A prompt is computed by the first that needs it and
/// let go of by the last.
/// </summary>
internal sealed class SamplingWork : IDisposable
{
    private readonly IReadOnlyList<SamplingPrompt> prompts;
    private readonly SharedPrompt[] shared;
    private readonly Completion[][] results;
    private readonly Lock gate = new();
    private int nextPrompt;
    private int nextSample;

    private readonly Action<SampledToken>? drawn;

    /// <param name="prompts">What is continued.</param>
    /// <param name="drawn">Hears of every token, from one thread at a time; null for nobody.</param>
    public SamplingWork(IReadOnlyList<SamplingPrompt> prompts, Action<SampledToken>? drawn)
    {
        this.drawn = drawn;
        this.prompts = prompts;
        shared = [.. prompts.Select(prompt => new SharedPrompt(prompt.Tokens, prompt.Samples))];
        results = [.. prompts.Select(prompt => new Completion[prompt.Samples])];
    }

    public IReadOnlyList<IReadOnlyList<Completion>> Results => results;

    /// <summary>The next response to draw; false when all are taken.</summary>
    public bool TryTake(out int prompt, out int sample)
    {
        lock (gate)
        {
            while (nextPrompt < prompts.Count && nextSample >= prompts[nextPrompt].Samples)
            {
                nextPrompt++;
                nextSample = 0;
            }
            (prompt, sample) = (nextPrompt, nextSample);
            if (nextPrompt >= prompts.Count) { return false; }
            nextSample++;
            return true;
        }
    }

    public SharedPrompt this[int prompt] => shared[prompt];

    public void Report(SampledToken token)
    {
        if (drawn is null) { return; }
        lock (gate) { drawn(token); }
    }

    public void Finish(int prompt, int sample, Completion completion)
    {
        results[prompt][sample] = completion;
        shared[prompt].Release();
    }

    public void Dispose()
    {
        foreach (var prompt in shared) { prompt.Dispose(); }
    }
}

/// <summary>A prompt's cache, computed at most once and shared by its responses.</summary>
internal sealed class SharedPrompt(int[] tokens, int users) : IDisposable
{
    private readonly Lock gate = new();
    private IPromptCache? cache;
    private int remaining = users;

    /// <summary>The cache, computed by <paramref name="decoder"/> if nobody has yet.</summary>
    public IPromptCache Get(IDecoder decoder)
    {
        lock (gate) { return cache ??= decoder.Prefill(tokens); }
    }

    public void Release()
    {
        lock (gate)
        {
            if (--remaining == 0) { Dispose(); }
        }
    }

    public void Dispose()
    {
        cache?.Dispose();
        cache = null;
    }
}
