namespace Bellman.Algorithms;

/// <summary>The losses of one row, their derivatives, and their sums over a mini-batch.</summary>
internal interface IActorCriticLoss
{
    /// <summary>Takes one row in.</summary>
    /// <param name="row">Its place in the rollout.</param>
    /// <param name="logProbability">log pi(a|s) now.</param>
    /// <param name="value">V(s) now.</param>
    /// <param name="advantage">The advantage, normalised if that was asked for.</param>
    /// <returns>d policy loss / d log pi, d value loss / d V.</returns>
    (double Policy, double Value) Add(int row, double logProbability, double value, double advantage);
}

/// <summary>
/// The gradient of total = policy + c_v value - c_e entropy, each a mean over a mini-batch: what all actor-critic
/// algorithms share. They differ in the losses of a row.
/// </summary>
internal sealed class PolicyGradient(ActorCritic model, ActorCriticOptions options, RolloutCollector collector)
{
    private readonly ActionHead head = model.Head;

    /// <summary>Replaces the gradients of the model's parameters.</summary>
    /// <param name="batch">Where the rows are gathered.</param>
    /// <param name="rows">Rows of the collector's rollout.</param>
    /// <param name="loss">Hears of every row.</param>
    /// <returns>Mean entropy of the policy, nats.</returns>
    public double Compute<TLoss>(Minibatch batch, ReadOnlySpan<int> rows, ref TLoss loss) where TLoss : struct, IActorCriticLoss
    {
        var rollout = collector.Rollout;
        batch.Gather(rollout, collector.InitialMemory, rows);
        if (options.NormalizeAdvantages) { PpoLoss.Normalize(batch.Advantages); }
        model.Parameters.ClearGradients();
        model.ForwardTraining(batch);
        Span<float> outputs = batch.Outputs, free = model.Free;
        if (collector.Masked)
        {
            for (var i = 0; i < rows.Length; i++) { head.Mask(outputs.Slice(i * head.Outputs, head.Outputs), rollout.Masks.AsSpan(rows[i] * head.Outputs, head.Outputs)); }
        }
        head.Score(outputs, free, batch.Actions, batch.LogProbabilities, batch.Entropies);
        Span<float> logProbabilities = batch.LogProbabilities, values = batch.Values, advantages = batch.Advantages, entropies = batch.Entropies;
        Span<float> policyWeights = batch.PolicyWeights, valueGradients = batch.ValueGradients;
        var scale = 1.0 / rows.Length;
        var entropy = 0.0;
        for (var i = 0; i < rows.Length; i++)
        {
            var (policy, value) = loss.Add(rows[i], logProbabilities[i], values[i], advantages[i]);
            policyWeights[i] = (float)(policy * scale);
            valueGradients[i] = (float)(options.ValueCoefficient * value * scale);
            entropy += entropies[i];
        }
        batch.OutputGradients.Clear();
        head.AddGradients(outputs, free, batch.Actions, policyWeights, (float)(-options.EntropyCoefficient * scale), batch.OutputGradients, model.FreeGradient);
        model.Backward(batch);
        return entropy * scale;
    }
}
