using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Language.Tasks.Symbols;

namespace Bellman.Papers.LanguagePapers;

/// <summary>Responses of a small model to the questions of a test set, and what they say about it.</summary>
public sealed class SampledAnswers
{
    private readonly IReadOnlyList<IReadOnlyList<Completion>> responses;
    private readonly IReadOnlyList<int> right;

    private SampledAnswers(IReadOnlyList<PromptItem> prompts, IReadOnlyList<IReadOnlyList<Completion>> responses, Func<PromptItem, string, bool> isRight)
    {
        this.responses = responses;
        Prompts = prompts;
        Right = [.. prompts.Select((prompt, i) => (IReadOnlyList<bool>)[.. responses[i].Select(response => response.Finish == FinishReason.EndToken && isRight(prompt, Text(response)))])];
        right = [.. Right.Select(row => row.Count(correct => correct))];
    }

    /// <summary>The questions.</summary>
    public IReadOnlyList<PromptItem> Prompts { get; }

    /// <summary>[prompt][sample].</summary>
    public IReadOnlyList<IReadOnlyList<bool>> Right { get; }

    /// <summary>Mean entropy of a token's distribution, in nats.</summary>
    public double Entropy => responses.SelectMany(row => row).SelectMany(response => response.Entropies).Average(entropy => (double)entropy);

    /// <summary>Mean tokens of a response, end token included.</summary>
    public double Length => responses.SelectMany(row => row).Average(response => (double)response.Tokens.Length);

    /// <summary>The texts: [prompt][sample].</summary>
    public IReadOnlyList<IReadOnlyList<string>> Texts => [.. responses.Select(row => (IReadOnlyList<string>)[.. row.Select(Text)])];

    /// <summary>Draws and judges.</summary>
    /// <param name="model">The model, over <see cref="SmallBase.Tokenizer"/>.</param>
    /// <param name="prompts">The questions.</param>
    /// <param name="isRight">Judges a response that ended by itself.</param>
    /// <param name="samples">Responses to each.</param>
    /// <param name="maximumTokens">Most tokens of a response.</param>
    /// <param name="random">The same stream draws the same responses from the same model.</param>
    /// <param name="temperature">0 takes the likeliest tokens.</param>
    /// <param name="cancellation">Stops it.</param>
    public static SampledAnswers Draw(Transformer model, IReadOnlyList<PromptItem> prompts, Func<PromptItem, string, bool> isRight, int samples, int maximumTokens, RandomStream random,
        double temperature = 1, CancellationToken cancellation = default)
    {
        var drawn = new LocalSampler(model, SmallBase.Tokenizer).Sample([.. prompts.Select((prompt, i) => new SamplingPrompt(prompt.Tokens, samples, random.Child("question", i)))],
            new SamplingOptions { MaximumNewTokens = maximumTokens, Temperature = temperature }, cancellation);
        return new SampledAnswers(prompts, drawn, isRight);
    }

    /// <summary>Probability that one of k responses is right, unbiased.</summary>
    public double PassAt(int k) => right.Select((correct, i) => PassAtK.Estimate(responses[i].Count, correct, k)).Average();

    private static string Text(Completion response) => SmallBase.Tokenizer.Decode(response.Tokens);
}
