namespace Bellman.Language.Remote;

/// <summary>
/// Attempts with exponential back-off and jitter: before attempt i + 1 the wait is first * 2^(i-1) * u, u uniform in [0.5, 1.5), at
/// most the longest delay, and at least what the server asked for.
/// </summary>
/// <param name="options">How often and how long.</param>
/// <param name="wait">Waits; a test's does not.</param>
internal sealed class RetryPolicy(RemoteOptions options, Func<TimeSpan, CancellationToken, Task>? wait = null)
{
    private readonly Func<TimeSpan, CancellationToken, Task> wait = wait ?? Task.Delay;

    /// <summary>Runs an attempt until it succeeds, fails for good, or was tried often enough.</summary>
    /// <param name="what">For the message: what is asked of whom.</param>
    /// <param name="attempt">One attempt, whose token is cancelled when it takes too long.</param>
    /// <param name="random">The jitter's stream, used by nobody else meanwhile.</param>
    /// <param name="cancellation">Ends everything.</param>
    /// <exception cref="BellmanException">Every attempt failed; the message says how the last one did.</exception>
    public async Task<T> Run<T>(string what, Func<CancellationToken, Task<T>> attempt, RandomStream random, CancellationToken cancellation)
    {
        for (var number = 1; ; number++)
        {
            TransientFailure failure;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(options.TimeoutSeconds));
            try
            {
                return await attempt(limit.Token).ConfigureAwait(false);
            }
            catch (TransientFailure error)
            {
                failure = error;
            }
            catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
            {
                failure = new TransientFailure($"there was no answer within {options.TimeoutSeconds:0.###} s", error);
            }
            catch (Exception error) when (error is HttpRequestException or IOException)
            {
                failure = new TransientFailure(error.Message, error);
            }
            if (number >= options.Attempts)
            {
                throw new BellmanException($"{what} failed {(number == 1 ? "" : $"{number} times, ")}at last because {failure.Message.TrimEnd('.')}. Check that the server runs and is not overloaded, then try again.", failure);
            }
            await wait(Delay(number, failure, random), cancellation).ConfigureAwait(false);
        }
    }

    private TimeSpan Delay(int number, TransientFailure failure, RandomStream random)
    {
        var seconds = options.FirstDelaySeconds * Math.Pow(2, number - 1) * (0.5 + random.NextDouble());
        var asked = failure.RetryAfter?.TotalSeconds ?? 0;
        return TimeSpan.FromSeconds(Math.Min(Math.Max(seconds, asked), options.LongestDelaySeconds));
    }
}
