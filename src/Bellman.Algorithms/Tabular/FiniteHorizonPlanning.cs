namespace Bellman.Algorithms.Tabular;

/// <summary>A reward of a finite process with a fixed horizon, r[step, state, action]; steps count from 0.</summary>
public sealed class StepReward
{
    private readonly double[] values;

    /// <summary>Tabulates a reward.</summary>
    /// <param name="horizon">Steps, at least 1.</param>
    /// <param name="states">States.</param>
    /// <param name="actions">Actions.</param>
    /// <param name="reward">r(step, state, action).</param>
    /// <exception cref="UsageException">A value is not finite, or the horizon is below 1.</exception>
    public StepReward(int horizon, int states, int actions, Func<int, int, int, double> reward)
    {
        if (horizon < 1) { throw new UsageException($"The horizon is {horizon}; a reward needs 1 step or more."); }
        (Horizon, States, Actions) = (horizon, states, actions);
        values = new double[horizon * states * actions];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reward(i / (states * actions), i / actions % states, i % actions);
            if (!double.IsFinite(values[i])) { throw new UsageException($"The reward of step {i / (states * actions)}, state {i / actions % states}, action {i % actions} is {values[i]}; rewards must be finite numbers."); }
        }
    }

    /// <summary>Steps, H.</summary>
    public int Horizon { get; }

    /// <summary>States.</summary>
    public int States { get; }

    /// <summary>Actions.</summary>
    public int Actions { get; }

    /// <summary>The reward of an action.</summary>
    public double this[int step, int state, int action] => values[(step * States + state) * Actions + action];
}

/// <summary>Exact dynamic programming over a fixed horizon, undiscounted.</summary>
public static class FiniteHorizonPlanning
{
    /// <summary>An optimal policy, [step][state], the lowest index of equals, and its value from the start.</summary>
    public static (int[][] Policy, double Value) Optimal(TransitionKernel kernel, StepReward reward)
    {
        var policy = new int[reward.Horizon][];
        var following = new double[kernel.StateCount];
        for (var step = reward.Horizon - 1; step >= 0; step--)
        {
            policy[step] = new int[kernel.StateCount];
            var values = new double[kernel.StateCount];
            for (var state = 0; state < values.Length; state++)
            {
                values[state] = double.NegativeInfinity;
                for (var action = 0; action < kernel.ActionCount; action++)
                {
                    // Q_h(s,a) = r_h(s,a) + sum_s' P(s'|s,a) V_{h+1}(s')
                    var value = reward[step, state, action] + kernel.Expect(state, action, following);
                    if (value > values[state]) { (values[state], policy[step][state]) = (value, action); }
                }
            }
            following = values;
        }
        return (policy, following[kernel.Start]);
    }

    /// <summary>The value of a policy from the start.</summary>
    /// <param name="kernel">Where actions lead.</param>
    /// <param name="reward">What they pay.</param>
    /// <param name="policy">Step and state to action.</param>
    public static double Evaluate(TransitionKernel kernel, StepReward reward, Func<int, int, int> policy)
    {
        var following = new double[kernel.StateCount];
        for (var step = reward.Horizon - 1; step >= 0; step--)
        {
            var values = new double[kernel.StateCount];
            for (var state = 0; state < values.Length; state++)
            {
                var action = policy(step, state);
                values[state] = reward[step, state, action] + kernel.Expect(state, action, following);
            }
            following = values;
        }
        return following[kernel.Start];
    }
}
