namespace Bellman.Language;

/// <summary>Answers conversations with a model in this process.</summary>
/// <param name="folder">The model and what belongs to it; not disposed.</param>
/// <param name="sampler">Draws the tokens; null makes a <see cref="LocalSampler"/>.</param>
public sealed class LocalGenerator(LanguageModelFolder folder, ISampler? sampler = null) : ITextGenerator
{
    private readonly ISampler sampler = sampler ?? folder.Sampler();

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<TextResponse>> Generate(IReadOnlyList<TextRequest> requests, SamplingOptions options, CancellationToken cancellation = default)
    {
        if (requests.Count == 0) { return []; }
        var prompts = requests.Select(Prompt).ToList();
        var completions = sampler.Sample(prompts, Ending(folder, options), cancellation);
        return [.. completions.Select(group => group.Select(completion => Text(completion, options)).ToList())];
    }

    /// <summary>The options with the model's own end tokens where none are named.</summary>
    public static SamplingOptions Ending(LanguageModelFolder folder, SamplingOptions options) =>
        options.StopTokens.Length > 0 ? options : options with { StopTokens = [.. folder.EndTokens] };

    private SamplingPrompt Prompt(TextRequest request)
    {
        var tokens = Encode(request);
        if (tokens.Length >= folder.Model.ContextLength)
        {
            throw new UsageException($"The prompt of {request.Name} has {tokens.Length} tokens, and the context of {folder.Name}, {folder.Model.ContextLength} tokens, must hold it and an answer. Shorten it, or use a model with a longer context.");
        }
        return tokens.Length > 0 ? new SamplingPrompt(tokens, request.Samples, request.Random)
            : throw new UsageException($"The prompt of {request.Name} is empty. Write at least one character.");
    }

    private int[] Encode(TextRequest request)
    {
        try
        {
            return folder.Template.Encode(request.Messages, folder.Tokenizer);
        }
        catch (UsageException error)
        {
            throw new UsageException($"The prompt of {request.Name} cannot be read: {error.Message}", error);
        }
    }

    private TextResponse Text(Completion completion, SamplingOptions options)
    {
        var text = folder.Tokenizer.Decode(completion.Tokens);
        return new TextResponse(StopText.Cut(text, options.StopTexts), completion.Tokens.Length, completion.Finish);
    }
}
