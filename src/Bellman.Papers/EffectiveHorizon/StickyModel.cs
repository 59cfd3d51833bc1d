using Bellman.Environments;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>
/// The exact model of a deterministic process under sticky actions: states (cell, action executed last), numbered as they are reached
/// from the start within the horizon, and the backups that dynamic programming over time needs.
/// </summary>
public sealed class StickyModel
{
    private readonly List<(int Cell, int Previous)> states = [];
    private readonly int[] next;
    private readonly double[] rewards;

    /// <summary>Explores <paramref name="process"/> from its start.</summary>
    /// <param name="process">The deterministic process.</param>
    /// <param name="horizon">Steps of an episode, at least 1.</param>
    /// <param name="stickiness">Probability p that the action executed last is repeated, 0 to 1.</param>
    /// <exception cref="UsageException">The horizon is below 1 or the probability out of range.</exception>
    public StickyModel(DeterministicMdp process, int horizon, double stickiness)
    {
        if (horizon < 1) { throw new UsageException($"The horizon is {horizon}; episodes must end after 1 or more steps. Give the number of steps."); }
        if (!(stickiness is >= 0 and <= 1)) { throw new UsageException($"The stickiness is {stickiness}; it is a probability from 0 to 1, usually 0.25."); }
        (Process, Horizon, Stickiness) = (process, horizon, stickiness);
        Actions = process.ActionCount;
        Explore();
        next = new int[states.Count * Actions];
        rewards = new double[states.Count * Actions];
        var index = states.Select((state, i) => (state, i)).ToDictionary(pair => pair.state, pair => pair.i);
        for (var i = 0; i < next.Length; i++)
        {
            var (cell, action) = (states[i / Actions].Cell, i % Actions);
            // A state that is only met after the last step has no number; nothing is bootstrapped from it.
            next[i] = index.GetValueOrDefault((process.Next(cell, action), action), DeterministicMdp.Terminal);
            rewards[i] = process.Reward(cell, action);
        }
    }

    /// <summary>The process.</summary>
    public DeterministicMdp Process { get; }

    /// <summary>Steps of an episode, H.</summary>
    public int Horizon { get; }

    /// <summary>Probability of a repeated action, p.</summary>
    public double Stickiness { get; }

    /// <summary>Number of actions, A.</summary>
    public int Actions { get; }

    /// <summary>The augmented states; number 0 is the start. Previous is <see cref="Actions"/> before any action.</summary>
    public IReadOnlyList<(int Cell, int Previous)> States => states;

    /// <summary>
    /// E[r + V(s')] of every action, [states x actions]:
    /// Q(s, prev; a) = (1-p) G(s, a) + p G(s, prev) with G(s, e) = r(s, e) + V(next(s, e), e); the first action is never replaced.
    /// </summary>
    /// <param name="following">V of the next step, [states]; null where the horizon ends.</param>
    public double[] Backup(double[]? following)
    {
        var values = new double[states.Count * Actions];
        for (var state = 0; state < states.Count; state++)
        {
            var previous = states[state].Previous;
            var repeated = previous < Actions ? Executed(state, previous, following) : 0;
            for (var action = 0; action < Actions; action++)
            {
                var chosen = Executed(state, action, following);
                values[state * Actions + action] = previous < Actions ? (1 - Stickiness) * chosen + Stickiness * repeated : chosen;
            }
        }
        return values;
    }

    /// <summary>The expected undiscounted return of a policy from the start.</summary>
    /// <param name="policy">Step (from 0) and state number to action.</param>
    public double ReturnOf(Func<int, int, int> policy)
    {
        double[]? following = null;
        for (var time = Horizon - 1; time >= 0; time--)
        {
            var values = Backup(following);
            following = new double[states.Count];
            for (var state = 0; state < states.Count; state++) { following[state] = values[state * Actions + policy(time, state)]; }
        }
        return following?[0] ?? 0;
    }

    /// <summary>For each step, the states that can be met then when every action of <paramref name="allowed"/>(step, state) may be chosen.</summary>
    public IEnumerable<(int Time, List<int> States)> Reachable(Func<int, int, IEnumerable<int>> allowed)
    {
        var here = new List<int> { 0 };
        for (var time = 0; time < Horizon && here.Count > 0; time++)
        {
            yield return (time, here);
            var met = new HashSet<int>();
            foreach (var state in here)
            {
                foreach (var action in allowed(time, state)) { met.Add(next[state * Actions + action]); }
                if (Stickiness > 0 && states[state].Previous is var previous && previous < Actions) { met.Add(next[state * Actions + previous]); }
            }
            met.Remove(DeterministicMdp.Terminal);
            here = [.. met.Order()];
        }
    }

    private double Executed(int state, int action, double[]? following)
    {
        var i = state * Actions + action;
        return rewards[i] + (following is null || next[i] == DeterministicMdp.Terminal ? 0 : following[next[i]]);
    }

    private void Explore()
    {
        var known = new HashSet<(int, int)> { (0, Actions) };
        states.Add((0, Actions));
        for (var (first, time) = (0, 1); time < Horizon && first < states.Count; time++)
        {
            var end = states.Count;
            for (; first < end; first++)
            {
                for (var action = 0; action < Actions; action++)
                {
                    var state = (Process.Next(states[first].Cell, action), action);
                    if (state.Item1 != DeterministicMdp.Terminal && known.Add(state)) { states.Add(state); }
                }
            }
        }
    }
}
