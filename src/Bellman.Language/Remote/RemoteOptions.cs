using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language.Remote;

/// <summary>How patiently a remote server is asked.</summary>
public sealed record RemoteOptions
{
    /// <summary>Seconds after which an answer is given up and asked for again.</summary>
    [Description("Seconds after which an answer is given up and asked for again; raise it for long answers.")]
    [Range(0.0, 86_400.0, MinimumIsExclusive = true)]
    public double TimeoutSeconds { get; init; } = 300;

    /// <summary>How often one answer is asked for before the call fails.</summary>
    [Description("How often one answer is asked for before the call fails.")]
    [Range(1, 100)]
    public int Attempts { get; init; } = 6;

    /// <summary>Seconds before the second attempt, on average; each further one waits twice as long.</summary>
    [Description("Seconds before the second attempt, on average; each further one waits twice as long.")]
    [Range(0.0, 3600.0)]
    public double FirstDelaySeconds { get; init; } = 0.5;

    /// <summary>The longest wait between attempts, in seconds.</summary>
    [Description("The longest wait between attempts, in seconds.")]
    [Range(0.0, 86_400.0)]
    public double LongestDelaySeconds { get; init; } = 60;

    /// <summary>Requests at once.</summary>
    [Description("Requests at once: servers batch them, so more are faster until the server's memory is full.")]
    [Range(1, 4096)]
    public int Concurrency { get; init; } = 16;
}
