using System.Text.Json;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>States and actions of an episode; the state after the last action is kept too.</summary>
/// <param name="States">[steps + 1].</param>
/// <param name="Actions">[steps].</param>
public sealed record Trajectory(IReadOnlyList<int> States, IReadOnlyList<int> Actions)
{
    /// <summary>Plays a policy from the start.</summary>
    public static Trajectory Play(TransitionKernel kernel, int horizon, Func<int, int, int> policy, RandomStream random)
    {
        var (states, actions) = (new int[horizon + 1], new int[horizon]);
        states[0] = kernel.Start;
        for (var step = 0; step < horizon; step++)
        {
            actions[step] = policy(step, states[step]);
            states[step + 1] = kernel.Draw(states[step], actions[step], random);
        }
        return new Trajectory(states, actions);
    }

    /// <summary>The sum of r(s,a) over its steps.</summary>
    public double Return(Func<int, int, double> reward)
    {
        var sum = 0.0;
        for (var step = 0; step < Actions.Count; step++) { sum += reward(States[step], Actions[step]); }
        return sum;
    }
}

/// <summary>The logistic link sigma(x) = 1 / (1 + e^-x), without overflow.</summary>
public static class LogisticLink
{
    /// <summary>The probability that the first is preferred.</summary>
    public static double Probability(double difference) => Math.Exp(Log(difference));

    /// <summary>log sigma(x) = -softplus(-x).</summary>
    public static double Log(double difference) => difference >= 0 ? -Math.Log(1 + Math.Exp(-difference)) : difference - Math.Log(1 + Math.Exp(difference));
}

/// <summary>
/// Who answers: prefers the first trajectory with probability sigma(difference of returns). It can have a budget, and it counts.
/// </summary>
/// <param name="random">The stream of its answers.</param>
/// <param name="budget">Most answers; asking further is an error.</param>
public sealed class PreferenceOracle(RandomStream random, long budget = long.MaxValue)
{
    /// <summary>Answers given.</summary>
    public long Asked { get; private set; }

    /// <summary>1 when the first is preferred, else 0.</summary>
    /// <param name="difference">Return of the first minus that of the second.</param>
    /// <exception cref="BellmanException">The budget is spent.</exception>
    public int Ask(double difference)
    {
        if (Asked >= budget) { throw new BellmanException($"All {budget} preferences of the budget have been asked. Raise the budget, or the threshold so that fewer are needed."); }
        Asked++;
        return random.NextBoolean(LogisticLink.Probability(difference)) ? 1 : 0;
    }
}

/// <summary>What happened in a round.</summary>
/// <param name="Round">From 1.</param>
/// <param name="First">Trajectory of the newest policy.</param>
/// <param name="Second">That of the comparator.</param>
/// <param name="Score">Disagreement about the comparison.</param>
/// <param name="Queried">Whether a preference was asked for.</param>
/// <param name="Preference">1 when the first was preferred, 0 when not; null without a query.</param>
/// <param name="RewardLength">Length of the fitted reward after the round; null where there is none.</param>
public sealed record PreferenceRound(int Round, Trajectory First, Trajectory Second, double Score, bool Queried, int? Preference, double? RewardLength)
{
    /// <summary>The round as a line of a query log (JSON Lines): round, tau0, tau1, score, queried, preference, theta_norm.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(new
    {
        round = Round,
        tau0 = new { states = First.States, actions = First.Actions },
        tau1 = new { states = Second.States, actions = Second.Actions },
        score = Score,
        queried = Queried,
        preference = Preference,
        theta_norm = RewardLength,
    });
}

/// <summary>Decides whether to ask.</summary>
internal sealed class QueryRule(PreferenceOptions options, RandomStream random)
{
    /// <param name="score">Disagreement about the comparison.</param>
    /// <param name="differ">False for trajectories that no reward can tell apart: a label would add nothing.</param>
    public bool Asks(double score, bool differ) => options.Query switch
    {
        QueryMode.Always => differ,
        // Drawn in every round, so that what comes later does not depend on the trajectories.
        QueryMode.Random => random.NextBoolean(options.QueryProbability) && differ,
        QueryMode.Never => false,
        _ => differ && score > options.Threshold,
    };
}

/// <summary>The two policies of a round; a policy is step and state to action, and what it does can be evaluated exactly.</summary>
/// <param name="Newest">The greedy policy of this round, [step][state].</param>
/// <param name="Other">The comparator; null for uniform random actions.</param>
public sealed record PolicyPair(int[][] Newest, int[][]? Other);

/// <summary>Chooses the comparator.</summary>
internal sealed class ComparatorPolicy(PreferenceOptions options, int states, int actions, RandomStream random)
{
    private int[][] previous = Arbitrary(options.Horizon, states, actions, random);
    private int[][]? first;

    public PolicyPair Pair(int[][] newest)
    {
        first ??= previous;
        var pair = new PolicyPair(newest, options.Comparator switch
        {
            Comparator.Previous => previous,
            Comparator.Same => newest,
            Comparator.Fixed => first,
            _ => null,
        });
        previous = newest;
        return pair;
    }

    private static int[][] Arbitrary(int horizon, int states, int actions, RandomStream random) =>
        [.. Enumerable.Range(0, horizon).Select(_ => Enumerable.Range(0, states).Select(_ => random.NextInt32(actions)).ToArray())];
}
