using System.Text.Json;

namespace Bellman.Runs;

/// <summary>What a run was asked to do: enough to do it again.</summary>
public sealed record RunConfiguration
{
    /// <summary>The algorithm's name.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The environment's id, options included.</summary>
    public required string Environment { get; init; }

    /// <summary>Environment steps.</summary>
    public required long Steps { get; init; }

    /// <summary>Seed of every random draw.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The algorithm's options that were given, by name.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Steps between checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 50_000;

    /// <summary>Steps between evaluations; 0 for none.</summary>
    public long EvaluateEvery { get; init; } = 10_000;

    /// <summary>Episodes of an evaluation.</summary>
    public int EvaluationEpisodes { get; init; } = 20;

    /// <summary>Mean return of an evaluation at which the run ends early; null for never.</summary>
    public double? StopAtReturn { get; init; }
}

/// <summary>How a run stands.</summary>
public enum RunStatus
{
    /// <summary>A process is training it.</summary>
    Running,

    /// <summary>It was stopped, or its process was killed; it can be resumed.</summary>
    Interrupted,

    /// <summary>It took all its steps.</summary>
    Finished,

    /// <summary>It ended with an error.</summary>
    Failed,
}

/// <summary>The content of <c>run.json</c>.</summary>
public sealed record RunRecord
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The run's name, which is its folder's.</summary>
    public required string Id { get; init; }

    /// <summary>What it was asked to do.</summary>
    public required RunConfiguration Configuration { get; init; }

    /// <summary>The command that started it.</summary>
    public required string Command { get; init; }

    /// <summary>Versions of Bellman and .NET.</summary>
    public required string Version { get; init; }

    /// <summary>The machine it ran on.</summary>
    public required string Machine { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>How it stands.</summary>
    public RunStatus Status { get; init; }

    /// <summary>Steps taken when it last ended.</summary>
    public long StepsTaken { get; init; }

    /// <summary>Highest mean return of an evaluation; null without one.</summary>
    public double? BestEvaluation { get; init; }

    /// <summary>Seconds of training, over all resumptions that ended.</summary>
    public double Seconds { get; init; }
}
