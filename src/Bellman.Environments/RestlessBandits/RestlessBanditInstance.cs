using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bellman.Environments.RestlessBandits;

/// <summary>The logistic link of an arm that several interventions move together.</summary>
/// <param name="Ceiling">A: how far it responds at most, 0 to 1.</param>
/// <param name="Slope">b.</param>
/// <param name="Threshold">x: how much it takes.</param>
public sealed record ResponseLink(double Ceiling, double Slope, double Threshold)
{
    /// <summary>phi(z) = 0.98 (A sigma(b z - x) - A sigma(-x)) + 0.01.</summary>
    public double Probability(double z) => 0.98 * Ceiling * (Logistic(Slope * z - Threshold) - Logistic(-Threshold)) + 0.01;

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}

/// <summary>
/// J restless arms whose actions are coupled (coRMAB): arm j in state s_j of 0 to 3 moves up with a probability that depends on the joint
/// action and down otherwise, clipped at both ends; the reward is that of the next states.
/// </summary>
public sealed class RestlessBanditInstance
{
    /// <summary>States of an arm.</summary>
    public const int States = 4;

    /// <summary>Largest state.</summary>
    public const int Top = States - 1;

    /// <summary>Arms that are pulled or not: a_j = 1 takes the active probability.</summary>
    /// <param name="rewards">[arms][4].</param>
    /// <param name="up">[arms]: passive and active probability of moving up.</param>
    /// <param name="actions">C; one switch an arm.</param>
    /// <exception cref="UsageException">Lengths differ or a probability lies outside 0 to 1.</exception>
    public RestlessBanditInstance(IReadOnlyList<double[]> rewards, IReadOnlyList<(double Passive, double Active)> up, ICombinatorialActionSpace actions)
    {
        Rewards = RequireRewards(rewards);
        if (up.Count != rewards.Count || actions.Size != rewards.Count) { throw new UsageException($"{rewards.Count} arms have {up.Count} pairs of probabilities and {actions.Size} switches; each arm needs one of both."); }
        foreach (var (passive, active) in up)
        {
            if (!(passive is >= 0 and <= 1 && active is >= 0 and <= 1)) { throw new UsageException($"An arm moves up with probability {passive} or {active}; both must lie in 0 to 1."); }
        }
        Up = up;
        Actions = actions;
    }

    /// <summary>Arms that respond to several interventions, p_j = phi_j(omega_j a).</summary>
    /// <param name="rewards">[arms][4].</param>
    /// <param name="weights">omega, [arms][interventions].</param>
    /// <param name="links">[arms].</param>
    /// <param name="actions">C over the interventions.</param>
    /// <exception cref="UsageException">Lengths differ.</exception>
    public RestlessBanditInstance(IReadOnlyList<double[]> rewards, IReadOnlyList<double[]> weights, IReadOnlyList<ResponseLink> links, ICombinatorialActionSpace actions)
    {
        Rewards = RequireRewards(rewards);
        if (weights.Count != rewards.Count || links.Count != rewards.Count || weights.Any(row => row.Length != actions.Size))
        {
            throw new UsageException($"{rewards.Count} arms need as many links and rows of {actions.Size} weights; got {links.Count} and {weights.Count}.");
        }
        (Weights, Links, Actions) = (weights, links, actions);
    }

    /// <summary>[arms][4].</summary>
    public IReadOnlyList<double[]> Rewards { get; }

    /// <summary>[arms]: probabilities of arms that are pulled or not; null where interventions move them.</summary>
    public IReadOnlyList<(double Passive, double Active)>? Up { get; }

    /// <summary>[arms][interventions].</summary>
    public IReadOnlyList<double[]>? Weights { get; }

    /// <summary>[arms].</summary>
    public IReadOnlyList<ResponseLink>? Links { get; }

    /// <summary>C.</summary>
    public ICombinatorialActionSpace Actions { get; }

    /// <summary>J.</summary>
    public int Arms => Rewards.Count;

    /// <summary>Probability that an arm moves up.</summary>
    public double UpProbability(int arm, ReadOnlySpan<float> action)
    {
        if (Up is { } up) { return action[arm] > 0.5f ? up[arm].Active : up[arm].Passive; }
        var z = 0.0;
        if (Weights is { } weights) { for (var i = 0; i < action.Length; i++) { z += weights[arm][i] * action[i]; } }
        return Links is { } links ? links[arm].Probability(z) : 0;
    }

    /// <summary>R(s, a) = sum_j [p_j r_j(min(s_j + 1, 3)) + (1 - p_j) r_j(max(s_j - 1, 0))].</summary>
    public double ExpectedReward(ReadOnlySpan<int> states, ReadOnlySpan<float> action)
    {
        var sum = 0.0;
        for (var j = 0; j < states.Length; j++)
        {
            var p = UpProbability(j, action);
            sum += p * Rewards[j][Math.Min(states[j] + 1, Top)] + (1 - p) * Rewards[j][Math.Max(states[j] - 1, 0)];
        }
        return sum;
    }

    /// <summary>Moves every arm.</summary>
    public void Step(Span<int> states, ReadOnlySpan<float> action, RandomStream random)
    {
        for (var j = 0; j < states.Length; j++)
        {
            states[j] = random.NextBoolean(UpProbability(j, action)) ? Math.Min(states[j] + 1, Top) : Math.Max(states[j] - 1, 0);
        }
    }

    /// <summary>Each arm in state 1 with a probability, else in 0: 0.5 in training, 0.2 in evaluation.</summary>
    public static void Start(Span<int> states, double probability, RandomStream random)
    {
        foreach (ref var state in states) { state = random.NextBoolean(probability) ? 1 : 0; }
    }

    /// <summary>The arms and a capacity or budget constraint as JSON: <c>state_rewards</c>, <c>up_prob</c>, <c>constraint</c>.</summary>
    /// <exception cref="UsageException">The instance has arms or constraints that the format does not know.</exception>
    public string ToJson()
    {
        if (Up is null || Actions is not CapacityActions capacity) { throw new UsageException("Only instances with arms that are pulled or not and a capacity constraint are written as JSON."); }
        return JsonSerializer.Serialize(new InstanceFile([.. Rewards], [.. Up.Select(p => new[] { p.Passive, p.Active })], new CapacityFile([.. capacity.Capacities], [.. capacity.Costs])));
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="UsageException">The text is no instance.</exception>
    public static RestlessBanditInstance FromJson(string json)
    {
        try
        {
            if (JsonSerializer.Deserialize<InstanceFile>(json) is { Rewards: { } rewards, Up: { } up, Constraint: { } constraint } && up.All(pair => pair.Length == 2))
            {
                return new RestlessBanditInstance(rewards, [.. up.Select(pair => (pair[0], pair[1]))], new CapacityActions(constraint.Capacities, constraint.Costs));
            }
        }
        catch (JsonException error) { throw new UsageException($"This is no instance: {error.Message}", error); }
        throw new UsageException("An instance has state_rewards [arms][4], up_prob [arms][2] and a constraint with capacities and costs.");
    }

    private static IReadOnlyList<double[]> RequireRewards(IReadOnlyList<double[]> rewards)
    {
        if (rewards.Count == 0 || rewards.Any(row => row.Length != States || row.Any(reward => !double.IsFinite(reward)))) { throw new UsageException($"Every arm needs {States} finite rewards, and there must be an arm."); }
        return rewards;
    }

    private sealed record InstanceFile(
        [property: JsonPropertyName("state_rewards")] double[][] Rewards,
        [property: JsonPropertyName("up_prob")] double[][] Up,
        [property: JsonPropertyName("constraint")] CapacityFile Constraint);

    private sealed record CapacityFile([property: JsonPropertyName("capacities")] int[] Capacities, [property: JsonPropertyName("costs")] int[] Costs);
}
