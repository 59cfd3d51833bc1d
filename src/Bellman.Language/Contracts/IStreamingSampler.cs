namespace Bellman.Language;

/// <summary>A token that a sampler has just drawn.</summary>
/// <param name="Prompt">Which prompt of the call, from 0.</param>
/// <param name="Sample">Which of its responses, from 0.</param>
/// <param name="Token">The id, end tokens included.</param>
/// <param name="LogProbability">As in <see cref="Completion.LogProbabilities"/>.</param>
public readonly record struct SampledToken(int Prompt, int Sample, int Token, float LogProbability);

/// <summary>A sampler that tells of each token as it is drawn, so that an answer can be shown while it grows.</summary>
public interface IStreamingSampler : ISampler
{
    /// <summary>As <see cref="ISampler.Sample"/>; each response's tokens are reported in order, before the call returns.</summary>
    /// <param name="prompts">At least one.</param>
    /// <param name="options">Limits and distribution.</param>
    /// <param name="drawn">Called on the sampling thread; what it throws ends the call.</param>
    /// <param name="cancellation">Stops between tokens.</param>
    /// <exception cref="UsageException">An option is out of range or a prompt does not fit the context.</exception>
    IReadOnlyList<IReadOnlyList<Completion>> Sample(
        IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, Action<SampledToken> drawn, CancellationToken cancellation = default);
}
