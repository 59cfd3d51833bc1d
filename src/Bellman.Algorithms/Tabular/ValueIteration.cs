using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms.Tabular;

/// <summary>Options of <see cref="ValueIterationAgent"/>.</summary>
public sealed record ValueIterationOptions : AlgorithmOptions
{
    /// <summary>Change of a sweep below which values count as converged.</summary>
    [Description("Largest change of a sweep below which the values count as converged; smaller is more exact and slower.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Tolerance { get; init; } = 1e-8;
}

/// <summary>
/// Planning with a known model (Bellman 1957): V(s) = max_a sum_o P(o|s,a) [r + gamma (1 - terminated) V(s')].
/// </summary>
public static class ValueIteration
{
    /// <summary>Updates every state once, in order, in place, and returns the largest change.</summary>
    public static double Sweep(ITabularModel model, double gamma, QTable table)
    {
        var change = 0.0;
        for (var state = 0; state < model.StateCount; state++)
        {
            var before = table.Max(state);
            for (var action = 0; action < model.ActionCount; action++)
            {
                var value = 0.0;
                foreach (var outcome in model.Outcomes(state, action))
                {
                    value += outcome.Probability * (outcome.Reward + (outcome.Terminated ? 0 : gamma * table.Max(outcome.Next)));
                }
                table[state, action] = value;
            }
            change = Math.Max(change, Math.Abs(table.Max(state) - before));
        }
        return change;
    }

    /// <summary>Sweeps until the largest change is below <paramref name="tolerance"/>.</summary>
    /// <exception cref="BellmanException">It did not converge within <paramref name="maximumSweeps"/>.</exception>
    public static QTable Solve(ITabularModel model, double gamma, double tolerance = 1e-8, int maximumSweeps = 100_000)
    {
        var table = new QTable(model.StateCount, model.ActionCount);
        for (var sweep = 0; sweep < maximumSweeps; sweep++)
        {
            if (Sweep(model, gamma, table) < tolerance) { return table; }
        }
        throw new BellmanException($"Value iteration did not converge to {tolerance} within {maximumSweeps} sweeps with gamma {gamma}. Use gamma below 1 where episodes need not end, or a larger tolerance.");
    }
}

/// <summary>Value iteration as an agent: each <see cref="Advance"/> is a sweep and counts a step for each state.</summary>
public sealed class ValueIterationAgent : IAgent
{
    private readonly IEnvironment environment;
    private readonly ITabularModel model;
    private readonly ValueIterationOptions options;
    private readonly QTable table;
    private long steps;
    private bool converged;

    /// <summary>An agent that plans with the model of <paramref name="environment"/>.</summary>
    /// <exception cref="UsageException">An option is out of range, or the environment has no exact model.</exception>
    public ValueIterationAgent(IEnvironment environment, ValueIterationOptions options)
    {
        this.environment = environment;
        this.options = OptionSet.Validated(options, "algorithm value-iteration");
        model = environment.Find<ITabularModel>() ?? throw new UsageException(
            "value-iteration plans with an exact model, which this environment does not have. Environments with one: FrozenLake-v1, CliffWalking-v1, Taxi-v3; use q-learning, dqn or ppo for others.");
        table = new QTable(model.StateCount, model.ActionCount);
        Policy = new ModelPolicy(model, table, environment.ObservationSpace.Size);
    }

    /// <inheritdoc/>
    public string Algorithm => "value-iteration";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <summary>Whether the last sweep changed no value by more than the tolerance; further ones then change nothing that matters.</summary>
    public bool Converged => converged;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        var change = ValueIteration.Sweep(model, options.Gamma, table);
        converged = change < options.Tolerance;
        steps += model.StateCount;
        metrics.Add("train/largest_change", change);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(converged), ref converged);
        state.Part(nameof(table), table);
    }

    /// <inheritdoc/>
    public void Dispose() => environment.Find<IDisposable>()?.Dispose();

    private sealed class ModelPolicy(ITabularModel model, QTable table, int observationSize) : IPolicy
    {
        public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
        {
            for (var i = 0; i < count; i++) { actions[i] = table.Greedy(model.StateOf(observations.Slice(i * observationSize, observationSize))); }
        }
    }
}
