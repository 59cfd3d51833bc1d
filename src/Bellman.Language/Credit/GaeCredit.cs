using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>
/// Generalised advantage estimation over response tokens (PPO for language models): delta_t = r_t + gamma V_{t+1} - V_t,
/// A_t = delta_t + gamma lambda A_{t+1}, R = A + V, whitened over the batch. At tokens outside the mask (a tool's words) value
/// and running sum pass through unchanged; after the end the bootstrap is 0.
/// </summary>
public sealed record GaeCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "adv.gae";

    /// <inheritdoc/>
    public bool NeedsCritic => true;

    /// <summary>gamma.</summary>
    [Description("Discount between tokens; 1 for language.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 1;

    /// <summary>lambda.</summary>
    [Description("Nearer 1 trusts the rewards, nearer 0 the critic.")]
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>Whether advantages are whitened.</summary>
    [Description("Whiten the advantages over all tokens of the batch.")]
    public bool Whiten { get; init; } = true;

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        var values = batch.Values ?? throw new InvalidOperationException($"{Name} needs the values of the critic that it asked for.");
        var advantages = Advantages(batch, values, Gamma, _ => Lambda);
        var returns = new double[advantages.Length];
        for (var index = 0; index < returns.Length; index++) { if (batch.Mask[index]) { returns[index] = advantages[index] + values[index]; } }
        return new Credit(Whiten ? Whitening.Apply(advantages, batch) : advantages, returns);
    }

    /// <summary>The advantages of every row, with a lambda for each row's length.</summary>
    internal static double[] Advantages(CreditBatch batch, double[] values, double gamma, Func<int, double> lambda)
    {
        var advantages = new double[batch.Rows * batch.Tokens];
        for (var row = 0; row < batch.Rows; row++)
        {
            if (double.IsNaN(batch.Rewards[row])) { continue; }
            var decay = gamma * lambda(batch.Length(row));
            var (nextValue, running, isLast) = (0.0, 0.0, true);
            for (var token = batch.Tokens - 1; token >= 0; token--)
            {
                var index = row * batch.Tokens + token;
                if (!batch.Mask[index]) { continue; }
                var reward = (batch.TokenRewards?[index] ?? 0) + (isLast ? batch.Rewards[row] : 0);
                var delta = reward + gamma * nextValue - values[index];
                running = delta + decay * running;
                (nextValue, isLast) = (values[index], false);
                advantages[index] = running;
            }
        }
        return advantages;
    }
}

/// <summary>
/// VAPO (Yue et al. 2025): decoupled traces. The critic learns from lambda = 1; the actor's lambda grows with the response,
/// 1 - 1 / (alpha n), so that the reward reaches the beginning of long ones.
/// </summary>
public sealed record VapoCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "adv.vapo";

    /// <inheritdoc/>
    public bool NeedsCritic => true;

    /// <summary>alpha.</summary>
    [Description("How fast the actor's lambda nears 1 with the response's length.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 0.05;

    /// <summary>lambda = 1 - 1 / (alpha n), at least 0.</summary>
    public double ActorLambda(int length) => Math.Max(0, 1 - 1 / (Alpha * Math.Max(1, length)));

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        var values = batch.Values ?? throw new InvalidOperationException($"{Name} needs the values of the critic that it asked for.");
        var actor = GaeCredit.Advantages(batch, values, 1, ActorLambda);
        return new Credit(Whitening.Apply(actor, batch), batch.TokenReturns());
    }
}
