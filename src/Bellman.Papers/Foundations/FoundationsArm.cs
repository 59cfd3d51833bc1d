using Bellman.Experiments;

namespace Bellman.Papers.Foundations;

/// <summary>A task of the foundations: where it is played and what counts as solved.</summary>
/// <param name="Name">Lower-case letters, digits and hyphens; it names the learning curves.</param>
/// <param name="Environment">The environment's id, options included.</param>
/// <param name="Solved">The mean return over the report episodes from which the task counts as solved.</param>
public sealed record FoundationsTask(string Name, string Environment, double Solved)
{
    /// <summary>Episodes by which policies are selected; more where a policy can fail from a few starts only, which a small sample misses.</summary>
    public int SelectionEpisodes { get; init; } = 20;
}

/// <summary>What is asked of an arm.</summary>
public enum FoundationsRequirement
{
    /// <summary>It solves its task.</summary>
    Solves,

    /// <summary>It does not: the comparison shows what the method adds.</summary>
    FailsToSolve,

    /// <summary>Nothing; it is measured and shown.</summary>
    Reported,
}

/// <summary>One algorithm trained on one task, as data.</summary>
/// <param name="Name">The arm's name: lower-case letters, digits and hyphens.</param>
/// <param name="Description">One sentence for the report.</param>
/// <param name="Task">What it is trained on.</param>
/// <param name="Algorithm">The algorithm's name in the registry.</param>
/// <param name="Steps">Environment steps it is trained for.</param>
public sealed record FoundationsArm(string Name, string Description, FoundationsTask Task, string Algorithm, long Steps)
{
    /// <summary>Options that differ from the algorithm's defaults, as on the command line: <c>learningRate=1e-3</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>What is asked of it.</summary>
    public FoundationsRequirement Requirement { get; init; } = FoundationsRequirement.Solves;

    /// <summary>The share of seeds that must satisfy the requirement.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Its part in the comparison with the other arms of its task.</summary>
    public ArmKind Kind { get; init; } = ArmKind.Method;

    /// <summary>Selections on the way; the policy of the best one is reported.</summary>
    public int Selections { get; init; } = 40;

    /// <summary>Whether training ends with the first selection that solves the task.</summary>
    public bool StopWhenSolved { get; init; }

    /// <summary>Environment steps of a smoke run.</summary>
    public long SmokeSteps { get; init; } = 2_000;

    /// <summary>The options as name and value.</summary>
    public IEnumerable<KeyValuePair<string, string>> OptionValues => Options.Select(option =>
    {
        var equals = option.IndexOf('=', StringComparison.Ordinal);
        return new KeyValuePair<string, string>(option[..equals], option[(equals + 1)..]);
    });
}
