namespace Bellman.Language.Remote;

/// <summary>A failure that may not happen again: the same request is worth another attempt.</summary>
internal sealed class TransientFailure : Exception
{
    public TransientFailure(string message, Exception? innerException = null, TimeSpan? retryAfter = null) : base(message, innerException) => RetryAfter = retryAfter;

    /// <summary>How long the server asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }
}
