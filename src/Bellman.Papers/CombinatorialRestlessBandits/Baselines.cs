using Bellman.Environments.RestlessBandits;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>Never pulls, or where a budget must be spent, spends it on the first.</summary>
public sealed class NullChoice(RestlessBanditInstance instance) : IActionChoice
{
    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        action.Clear();
        if (instance.Actions is BudgetActions { Budget: var budget }) { action[..budget].Fill(1); }
    }
}

/// <summary>A random feasible action.</summary>
public sealed class RandomChoice(RestlessBanditInstance instance, RandomStream random) : IActionChoice
{
    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action) => instance.Actions.SampleFeasible(random, action);
}

/// <summary>The best of K random feasible actions by the expected reward of one step.</summary>
public sealed class SamplingChoice(RestlessBanditInstance instance, RandomStream random, int samples = 100) : IActionChoice
{
    private readonly float[] candidate = new float[instance.Actions.Size];

    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        var best = double.NegativeInfinity;
        for (var k = 0; k < samples; k++)
        {
            instance.Actions.SampleFeasible(random, candidate);
            var reward = instance.ExpectedReward(states, candidate);
            if (reward <= best) { continue; }
            best = reward;
            candidate.CopyTo(action);
        }
    }
}

/// <summary>
/// The action with the largest expected reward of one step, R(s, a), by mixed-integer programming. R is linear in the switches of arms
/// that are pulled or not; responses to several interventions are piecewise linear through their values at 0, 1, ..., with 0 at 0 as
/// published.
/// </summary>
public sealed class MyopicOracle : IActionChoice, IDisposable
{
    private const int Breakpoints = 10;

    private readonly RestlessBanditInstance instance;
    private readonly MixedIntegerProgram program;
    private readonly Google.OrTools.LinearSolver.Variable[] response = [];

    /// <summary>An oracle for an instance.</summary>
    public MyopicOracle(RestlessBanditInstance instance, ProgramOptions options)
    {
        this.instance = instance;
        program = new MixedIntegerProgram(instance.Actions.Constraints(), options);
        program.Objective.SetMaximization();
        if (instance is { Links: { } links, Weights: { } weights }) { response = [.. Enumerable.Range(0, instance.Arms).Select(j => Response(links[j], weights[j]))]; }
    }

    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        program.Begin();
        for (var j = 0; j < states.Length; j++)
        {
            // R changes with p_j by r(min(s+1, 3)) - r(max(s-1, 0))
            var rise = instance.Rewards[j][Math.Min(states[j] + 1, RestlessBanditInstance.Top)] - instance.Rewards[j][Math.Max(states[j] - 1, 0)];
            if (instance.Up is { } up) { program.Objective.SetCoefficient(program.Binaries[j], rise * (up[j].Active - up[j].Passive)); }
            else { program.Objective.SetCoefficient(response[j], rise); }
        }
        if (!program.Solve().HasSolution) { throw new BellmanException("The one-step program has no solution within its time; the instance may be infeasible."); }
        program.WriteAction(action);
    }

    /// <inheritdoc/>
    public void Dispose() => program.Dispose();

    /// <summary>p = sum_k lambda_k phi(z_k), sum_k lambda_k z_k = omega a, sum lambda = 1, and only two neighbours may be positive.</summary>
    private Google.OrTools.LinearSolver.Variable Response(ResponseLink link, double[] weights)
    {
        var p = program.AddContinuous(0, 1);
        var span = Math.Max(weights.Sum(), 1);
        double At(int k) => span * k / (Breakpoints - 1);
        var share = Enumerable.Range(0, Breakpoints).Select(_ => program.AddContinuous(0, 1)).ToArray();
        var piece = Enumerable.Range(0, Breakpoints - 1).Select(_ => program.AddBinary()).ToArray();
        var (value, place, one, single) = (program.AddConstraint(0, 0), program.AddConstraint(0, 0), program.AddConstraint(1, 1), program.AddConstraint(1, 1));
        value.SetCoefficient(p, -1);
        for (var i = 0; i < weights.Length; i++) { place.SetCoefficient(program.Binaries[i], -weights[i]); }
        for (var k = 0; k < Breakpoints; k++)
        {
            value.SetCoefficient(share[k], k == 0 ? 0 : link.Probability(At(k)));
            place.SetCoefficient(share[k], At(k));
            one.SetCoefficient(share[k], 1);
            var neighbours = program.AddConstraint(double.NegativeInfinity, 0);
            neighbours.SetCoefficient(share[k], 1);
            if (k > 0) { neighbours.SetCoefficient(piece[k - 1], -1); }
            if (k < piece.Length) { neighbours.SetCoefficient(piece[k], -1); }
        }
        foreach (var one2 in piece) { single.SetCoefficient(one2, 1); }
        return p;
    }
}

/// <summary>The same by listing all feasible actions, with the exact response: quicker where they are few.</summary>
public sealed class ListedMyopicChoice(RestlessBanditInstance instance) : IActionChoice
{
    private readonly IReadOnlyList<float[]> actions = instance.Actions.Enumerate();

    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        var (best, largest) = (actions[0], double.NegativeInfinity);
        foreach (var listed in actions)
        {
            var reward = instance.ExpectedReward(states, listed);
            if (reward > largest) { (best, largest) = (listed, reward); }
        }
        best.CopyTo(action);
    }
}

/// <summary>
/// Builds an action piece by piece with any value function: the greedy heuristic of the constraint's kind. Gains are measured against the
/// partial action, and each worker's pick begins anew (the released heuristics measure against the empty action and may pick an arm twice).
/// </summary>
/// <param name="instance">The instance; walks have no such heuristic.</param>
/// <param name="value">The value of an action in a state; larger is better.</param>
public sealed class IterativeChoice(RestlessBanditInstance instance, Func<float[], int[], double> value) : IActionChoice
{
    /// <summary>Whether there is a heuristic for an instance's constraint.</summary>
    public static bool Exists(RestlessBanditInstance instance) => instance.Actions is not PathActions;

    /// <inheritdoc/>
    public void Choose(ReadOnlySpan<int> states, Span<float> action)
    {
        var (partial, now) = (new float[action.Length], states.ToArray());
        switch (instance.Actions)
        {
            case CapacityActions capacity: Fill(capacity, partial, now); break;
            case BudgetActions budget: Spend(budget, partial, now); break;
            case ScheduleActions schedule: Serve(schedule, partial, now); break;
            default: throw new UsageException("There is no greedy construction of a walk; take another baseline.");
        }
        partial.CopyTo(action);
    }

    /// <summary>Workers by ascending capacity; each takes, while it can, the affordable arm with the best positive gain per cost.</summary>
    private void Fill(CapacityActions capacity, float[] partial, int[] states)
    {
        foreach (var room in capacity.Capacities.Order())
        {
            for (var left = room; ;)
            {
                var (best, bestRatio, without) = (-1, 0.0, value(partial, states));
                for (var arm = 0; arm < partial.Length; arm++)
                {
                    if (partial[arm] > 0 || capacity.Costs[arm] > left) { continue; }
                    var ratio = (With(partial, arm, states) - without) / Math.Max(capacity.Costs[arm], 1);
                    if (ratio > bestRatio) { (best, bestRatio) = (arm, ratio); }
                }
                if (best < 0) { break; }
                partial[best] = 1;
                left -= capacity.Costs[best];
            }
        }
    }

    /// <summary>The best single addition, until the budget is spent (all of it must be).</summary>
    private void Spend(BudgetActions budget, float[] partial, int[] states)
    {
        for (var spent = 0; spent < budget.Budget; spent++)
        {
            var best = Enumerable.Range(0, partial.Length).Where(i => partial[i] == 0).MaxBy(i => With(partial, i, states));
            partial[best] = 1;
        }
    }

    /// <summary>Arms by the value of pulling each alone, as long as two assignments are left for it.</summary>
    private void Serve(ScheduleActions schedule, float[] partial, int[] states)
    {
        var alone = Enumerable.Range(0, partial.Length).ToDictionary(arm => arm, arm => With(new float[partial.Length], arm, states));
        foreach (var arm in alone.OrderByDescending(pair => pair.Value).Select(pair => pair.Key))
        {
            partial[arm] = 1;
            if (!schedule.IsFeasible(partial)) { partial[arm] = 0; }
        }
    }

    private double With(float[] partial, int arm, int[] states)
    {
        partial[arm] = 1;
        var result = value(partial, states);
        partial[arm] = 0;
        return result;
    }
}
