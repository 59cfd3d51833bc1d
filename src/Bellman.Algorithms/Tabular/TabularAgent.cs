using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms.Tabular;

/// <summary>Options of <see cref="TabularAgent"/>.</summary>
public sealed record TabularOptions : AlgorithmOptions
{
    /// <summary>Step size.</summary>
    [Description("Step size alpha: the share of each temporal-difference error that is learned.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 0.1;

    /// <summary>Probability of a random action at the start.</summary>
    [Description("Probability of a random action at the start.")]
    [Range(0.0, 1.0)]
    public double InitialEpsilon { get; init; } = 1;

    /// <summary>Probability of a random action in the end.</summary>
    [Description("Probability of a random action once exploration has been reduced.")]
    [Range(0.0, 1.0)]
    public double FinalEpsilon { get; init; } = 0.05;

    /// <summary>Share of the run over which exploration is reduced.</summary>
    [Description("Share of the run over which the probability of a random action falls linearly.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ExplorationFraction { get; init; } = 0.5;

    /// <summary>Value of every action before anything is learned.</summary>
    [Description("Value of every action before anything is learned; above what is attainable it makes the agent try everything.")]
    public double InitialValue { get; init; }
}

/// <summary>Which value the temporal-difference target bootstraps from.</summary>
public enum TabularMethod
{
    /// <summary>The best next action's (Watkins 1989).</summary>
    QLearning,

    /// <summary>The next action's that the policy takes (Rummery and Niranjan 1994).</summary>
    Sarsa,
}

/// <summary>
/// Q-learning or SARSA on a table, one step at a time:
/// Q(s,a) += alpha (r + gamma (1 - terminated) Q(s',a') - Q(s,a)), a' the greedy action or the one taken next.
/// </summary>
public sealed class TabularAgent : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly TabularOptions options;
    private readonly TabularMethod method;
    private readonly LinearSchedule epsilon;
    private readonly StateIndexer indexer;
    private readonly QTable table;
    private readonly RandomStream actionStream;
    private readonly int[] states;
    private readonly int[] actions;
    private long steps;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <exception cref="UsageException">An option is out of range, or a space is not finite.</exception>
    public TabularAgent(TabularMethod method, VectorEnvironment environment, TabularOptions options, ulong seed, long totalSteps)
    {
        this.method = method;
        this.environment = environment;
        this.options = OptionSet.Validated(options with { Copies = environment.Count }, $"algorithm {Algorithm}");
        if (environment.ActionSpace is not Discrete discrete)
        {
            throw new UsageException($"{Algorithm} chooses among Discrete actions; this environment's are {environment.ActionSpace}. Use ppo for it.");
        }
        indexer = new StateIndexer(environment.ObservationSpace, Algorithm);
        table = new QTable(indexer.Count, discrete.Count, options.InitialValue);
        epsilon = new LinearSchedule(options.InitialEpsilon, options.FinalEpsilon, Math.Max(1, (long)(options.ExplorationFraction * totalSteps)));
        var random = RandomStream.Create(seed, Algorithm);
        actionStream = random.Child("action");
        states = new int[environment.Count];
        actions = new int[environment.Count];
        environment.Reset(random.Child("environments"));
        for (var i = 0; i < environment.Count; i++) { Choose(i); }
        Policy = new TabularPolicy(table, indexer, environment.ObservationSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => method == TabularMethod.QLearning ? "q-learning" : "sarsa";

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>The learned action values.</summary>
    public QTable Table => table;

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        for (var i = 0; i < environment.Count; i++) { environment.Actions[i] = actions[i]; }
        environment.Step();
        steps += environment.Count;
        for (var i = 0; i < environment.Count; i++)
        {
            var (state, action, reward) = (states[i], actions[i], environment.Rewards[i]);
            var done = environment.Terminated[i] || environment.Truncated[i];
            var next = indexer.Index(done ? environment.FinalObservation(i) : environment.Observation(i));
            if (method == TabularMethod.QLearning) { Learn(state, action, reward, environment.Terminated[i] ? 0 : table.Max(next), metrics); }
            Choose(i);
            if (method == TabularMethod.Sarsa)
            {
                // After a truncation the next action belongs to another episode: one is drawn for the final state.
                var following = done ? table.EpsilonGreedy(next, epsilon.Value(steps), actionStream) : actions[i];
                Learn(state, action, reward, environment.Terminated[i] ? 0 : table[next, following], metrics);
            }
            if (done) { metrics.Episode(environment.EpisodeReturns[i], environment.EpisodeLengths[i]); }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Array<int>(nameof(states), states);
        state.Array<int>(nameof(actions), actions);
        state.Part(nameof(table), table);
        state.Part(nameof(environment), environment);
        state.Part(nameof(actionStream), actionStream);
    }

    /// <inheritdoc/>
    public void Dispose() => environment.Dispose();

    private void Choose(int copy)
    {
        states[copy] = indexer.Index(environment.Observation(copy));
        actions[copy] = table.EpsilonGreedy(states[copy], epsilon.Value(steps), actionStream);
    }

    private void Learn(int state, int action, double reward, double next, IMetricSink metrics)
    {
        var target = reward + options.Gamma * next;
        metrics.Add("train/temporal_difference", Math.Abs(target - table[state, action]));
        table.Update(state, action, target, options.LearningRate);
    }
}
