using Bellman.Environments.RestlessBandits;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>
/// Exact dynamic programming over all 4^J joint states: V_t(s) = max_a R(s, a) + gamma E[V_{t+1}(s')]. Arms move independently given the
/// action, so the expectation is taken arm by arm, in J 4^J steps an action instead of 8^J.
/// </summary>
public static class ExactPlanner
{
    /// <summary>Most states times actions that are planned for.</summary>
    public const long LargestProblem = 20_000_000;

    /// <summary>Whether an instance with this many feasible actions is small enough.</summary>
    public static bool Fits(int arms, int actions) => arms <= 10 && (1L << (2 * arms)) * actions <= LargestProblem;

    /// <summary>The largest expected reward of a horizon, per step, from arms that begin in state 1 with a probability, else in 0.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="horizon">Steps, at least 1.</param>
    /// <param name="startProbability">Probability of state 1 at the start.</param>
    /// <exception cref="UsageException">The instance is too large.</exception>
    public static double AverageReward(RestlessBanditInstance instance, int horizon, double startProbability = 0.2)
    {
        var values = Values(instance, horizon, gamma: 1);
        var states = new int[instance.Arms];
        var expected = 0.0;
        for (var bits = 0; bits < 1 << instance.Arms; bits++)
        {
            var probability = 1.0;
            for (var j = 0; j < states.Length; j++)
            {
                states[j] = bits >> j & 1;
                probability *= states[j] == 1 ? startProbability : 1 - startProbability;
            }
            expected += probability * values[Code(states)];
        }
        return expected / horizon;
    }

    /// <summary>V of every joint state with <paramref name="horizon"/> steps to go; state code = sum_j s_j 4^j.</summary>
    /// <exception cref="UsageException">The instance is too large.</exception>
    public static double[] Values(RestlessBanditInstance instance, int horizon, double gamma)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        var actions = instance.Actions.Enumerate();
        if (!Fits(instance.Arms, actions.Count)) { throw new UsageException($"{instance.Arms} arms with {actions.Count} feasible actions are too many for exact planning: 4^arms x actions may be at most {LargestProblem:N0}."); }
        var count = 1 << (2 * instance.Arms);
        var values = new double[count];
        var (next, now, then) = (new double[count], new double[count], new double[count]);
        var rewards = actions.Select(action => Rewards(instance, action, count)).ToArray();
        for (var step = 0; step < horizon; step++)
        {
            Array.Fill(next, double.NegativeInfinity);
            for (var a = 0; a < actions.Count; a++)
            {
                values.CopyTo(now, 0);
                for (var j = 0; j < instance.Arms; j++)
                {
                    Expect(now, then, 1 << (2 * j), instance.UpProbability(j, actions[a]));
                    (now, then) = (then, now);
                }
                var reward = rewards[a];
                for (var s = 0; s < count; s++) { next[s] = Math.Max(next[s], reward[s] + gamma * now[s]); }
            }
            (values, next) = (next, values);
        }
        return values;
    }

    /// <summary>The code of a joint state.</summary>
    public static int Code(ReadOnlySpan<int> states)
    {
        var code = 0;
        for (var j = states.Length - 1; j >= 0; j--) { code = 4 * code + states[j]; }
        return code;
    }

    /// <summary>E over one arm's next state: then[.. s ..] = p now[.. min(s+1, 3) ..] + (1 - p) now[.. max(s-1, 0) ..].</summary>
    private static void Expect(double[] now, double[] then, int stride, double p)
    {
        for (var block = 0; block < now.Length; block += 4 * stride)
        {
            for (var k = block; k < block + stride; k++)
            {
                var (v0, v1, v2, v3) = (now[k], now[k + stride], now[k + 2 * stride], now[k + 3 * stride]);
                then[k] = p * v1 + (1 - p) * v0;
                then[k + stride] = p * v2 + (1 - p) * v0;
                then[k + 2 * stride] = p * v3 + (1 - p) * v1;
                then[k + 3 * stride] = p * v3 + (1 - p) * v2;
            }
        }
    }

    private static float[] Rewards(RestlessBanditInstance instance, float[] action, int count)
    {
        var rewards = new float[count];
        var states = new int[instance.Arms];
        for (var s = 0; s < count; s++)
        {
            for (var j = 0; j < states.Length; j++) { states[j] = s >> (2 * j) & 3; }
            rewards[s] = (float)instance.ExpectedReward(states, action);
        }
        return rewards;
    }
}
