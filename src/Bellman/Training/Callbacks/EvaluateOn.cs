namespace Bellman;

/// <summary>
/// Evaluates the policy on environments of your own choice, beside the loop's evaluations: a harder variant, another map,
/// what it will meet in use. The results are the metrics <c>evaluation/NAME/mean_return</c> and <c>.../mean_length</c>.
/// </summary>
public sealed class EvaluateOn : ITrainingCallback, IStateful
{
    private readonly string name;
    private readonly Func<VectorEnvironment> create;
    private readonly long every;
    private readonly int episodes;
    private readonly ulong seed;
    private long evaluatedAt;
    private double last = double.NaN;

    /// <summary>Evaluates whenever <paramref name="every"/> steps have passed, at the loop's next line of metrics.</summary>
    /// <param name="name">Part of the metrics' names.</param>
    /// <param name="create">Makes the environments.</param>
    /// <param name="every">Steps between evaluations, at least 1.</param>
    /// <param name="episodes">Episodes of each, at least 1.</param>
    /// <param name="seed">Seed of their draws: each evaluation plays the same episodes.</param>
    public EvaluateOn(string name, Func<VectorEnvironment> create, long every, int episodes = 20, ulong seed = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        (this.name, this.create, this.every, this.episodes, this.seed) = (name, create, every, episodes, seed);
    }

    /// <summary>Mean return of the last evaluation; NaN before the first.</summary>
    public double Last => last;

    /// <inheritdoc/>
    /// <exception cref="UsageException">What is trained is not an agent.</exception>
    public bool Continue(TrainingProgress progress)
    {
        if (progress.Steps / every == evaluatedAt / every) { return true; }
        if (progress.Agent is not IAgent agent) { throw new UsageException($"{progress.Agent.Algorithm} has no policy to evaluate in environments. Leave {nameof(EvaluateOn)} out."); }
        evaluatedAt = progress.Steps;
        using var environment = create();
        var result = Evaluation.Run(agent.Policy, environment, episodes, seed);
        last = result.MeanReturn;
        progress.Metrics.Add($"evaluation/{name}/mean_return", result.MeanReturn);
        progress.Metrics.Add($"evaluation/{name}/mean_length", result.MeanLength);
        return true;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(evaluatedAt), ref evaluatedAt);
        state.Value(nameof(last), ref last);
    }
}
