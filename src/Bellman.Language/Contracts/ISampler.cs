namespace Bellman.Language;

/// <summary>A prompt to be continued, as token ids, and the random stream its responses draw from.</summary>
/// <param name="Tokens">At least one token.</param>
/// <param name="Samples">Responses wanted; they share the prompt's computation.</param>
/// <param name="Random">Response i draws from <c>Random.Child("sample", i)</c>, so that its tokens do not depend on the batch it ran in.</param>
public sealed record SamplingPrompt(int[] Tokens, int Samples, RandomStream Random);

/// <summary>Why a response ended.</summary>
public enum FinishReason
{
    /// <summary>The model produced an end token, which is the response's last.</summary>
    EndToken,

    /// <summary>A stop text was produced.</summary>
    StopText,

    /// <summary>The limit of new tokens or the context was reached.</summary>
    Length,
}

/// <summary>One response. All arrays have one entry a token.</summary>
/// <param name="Tokens">New token ids, the end token included.</param>
/// <param name="LogProbabilities">
/// log pi(token | before) at the sampling temperature and before truncation (top-k, top-p, ...), in nats: what a trainer
/// needs. Empty where a remote server does not report them.
/// </param>
/// <param name="Entropies">Entropy of the distribution each token was drawn from, at the temperature and before truncation; empty where not known.</param>
/// <param name="Finish">Why it ended.</param>
public sealed record Completion(int[] Tokens, float[] LogProbabilities, float[] Entropies, FinishReason Finish);

/// <summary>Draws responses: the local model with a cache, a table, or a remote server.</summary>
public interface ISampler
{
    /// <summary>Samples responses; result [prompt][sample].</summary>
    /// <param name="prompts">At least one.</param>
    /// <param name="options">Limits and distribution.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="UsageException">An option is out of range or a prompt does not fit the context.</exception>
    IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default);
}
