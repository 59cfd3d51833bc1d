namespace Bellman;

/// <summary>Episodes of a policy that is not learning.</summary>
/// <param name="Returns">Undiscounted return of each episode.</param>
/// <param name="Lengths">Steps of each episode.</param>
public sealed record EvaluationResult(IReadOnlyList<double> Returns, IReadOnlyList<int> Lengths)
{
    /// <summary>Mean return.</summary>
    public double MeanReturn => Returns.Average();

    /// <summary>Sample standard deviation of the returns; 0 for one episode.</summary>
    public double ReturnDeviation => Returns.Count < 2 ? 0 : Math.Sqrt(Returns.Sum(value => Math.Pow(value - MeanReturn, 2)) / (Returns.Count - 1));

    /// <summary>Mean steps of an episode.</summary>
    public double MeanLength => Lengths.Average();
}

/// <summary>Measures a policy.</summary>
public static class Evaluation
{
    // Enough rows for a batched policy; fixed, so that a result does not depend on the machine.
    private const int Copies = 16;

    /// <summary>Plays <paramref name="episodes"/> episodes in copies made with <paramref name="create"/>.</summary>
    /// <inheritdoc cref="Run(IPolicy, VectorEnvironment, int, ulong, bool, CancellationToken)"/>
    public static EvaluationResult Run(IPolicy policy, Func<IEnvironment> create, int episodes, ulong seed, bool deterministic = true, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        using var environment = new SynchronousVectorEnvironment(create, Math.Min(episodes, Copies));
        return Run(policy, environment, episodes, seed, deterministic, cancellation);
    }

    /// <summary>
    /// Plays <paramref name="episodes"/> episodes. Each copy is assigned its share in advance: counting whichever episodes
    /// end first would favour short ones.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="environment">The copies to play in.</param>
    /// <param name="episodes">How many, at least 1.</param>
    /// <param name="seed">Seed of the environments' and the policy's draws.</param>
    /// <param name="deterministic">Whether the policy takes its most likely action.</param>
    /// <param name="cancellation">Stops it.</param>
    public static EvaluationResult Run(IPolicy policy, VectorEnvironment environment, int episodes, ulong seed, bool deterministic = true, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        var random = RandomStream.Create(seed, "evaluation");
        var actionStream = deterministic ? null : random.Child("action");
        environment.Reset(random.Child("environments"));
        var masks = new bool[policy is IMaskedPolicy ? environment.Count * environment.ActionSpace.FlatSize : 0];
        var left = new int[environment.Count];
        var begins = new bool[environment.Count];
        Array.Fill(begins, true);
        for (var i = 0; i < episodes; i++) { left[i % left.Length]++; }
        var results = new List<(double Return, int Length)>(episodes);
        while (results.Count < episodes)
        {
            cancellation.ThrowIfCancellationRequested();
            policy.Begin(begins);
            if (policy is IMaskedPolicy masked && environment.WriteActionMasks(masks))
            {
                masked.Act(environment.Observations, masks, environment.Count, environment.Actions, actionStream);
            }
            else
            {
                policy.Act(environment.Observations, environment.Count, environment.Actions, actionStream);
            }
            environment.Step();
            policy.Earned(environment.Rewards);
            for (var i = 0; i < environment.Count; i++)
            {
                begins[i] = environment.Terminated[i] || environment.Truncated[i];
                if (begins[i] && left[i]-- > 0)
                {
                    results.Add((environment.EpisodeReturns[i], environment.EpisodeLengths[i]));
                }
            }
        }
        return new EvaluationResult([.. results.Select(result => result.Return)], [.. results.Select(result => result.Length)]);
    }
}
