using Bellman.Language.Chat;

namespace Bellman.Language;

/// <summary>A conversation to be answered.</summary>
/// <param name="Name">For messages: the item's id.</param>
/// <param name="Messages">The conversation; its last message is the user's.</param>
/// <param name="Samples">Answers wanted.</param>
/// <param name="Random">Where they are drawn.</param>
public sealed record TextRequest(string Name, IReadOnlyList<ChatMessage> Messages, int Samples, RandomStream Random);

/// <summary>An answer as text.</summary>
/// <param name="Text">Without end tokens, and without the stop text that ended it.</param>
/// <param name="Tokens">Tokens drawn; 0 where a remote server does not say.</param>
/// <param name="Finish">Why it ended.</param>
public sealed record TextResponse(string Text, int Tokens, FinishReason Finish);

/// <summary>Answers conversations: a local model with its tokenizer, or a remote server.</summary>
public interface ITextGenerator
{
    /// <summary>Answers; result [request][sample].</summary>
    /// <param name="requests">What is asked.</param>
    /// <param name="options">Limits and distribution.</param>
    /// <param name="cancellation">Stops as soon as possible.</param>
    /// <exception cref="BellmanException">A prompt does not fit, an option is out of range, or a server failed for good.</exception>
    IReadOnlyList<IReadOnlyList<TextResponse>> Generate(IReadOnlyList<TextRequest> requests, SamplingOptions options, CancellationToken cancellation = default);
}
