using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What MOPO takes off rewards where the model does not know.</summary>
public enum UncertaintyPenalty
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>λ max over members of ‖σ_j(s, a)‖, the reward's deviation included (Yu et al. 2020).</summary>
    Deviation,

    /// <summary>λ max over members of ‖μ_j(s, a) - mean of all μ‖.</summary>
    Disagreement,
}

/// <summary>
/// A <see cref="GaussianEnsemble"/> of s' - s and r over s and a, and a terminal function. Each prediction is a draw from one elite that is
/// chosen anew (Janner et al. 2019, "When to trust your model").
/// </summary>
public sealed class LearnedDynamics : IDynamicsModel
{
    private const int RowBlock = 1024;

    private readonly GaussianEnsemble ensemble;
    private readonly TerminalFunction terminal;
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly UncertaintyPenalty penalty;
    private readonly double penaltyWeight;
    private readonly float[] inputs;
    private readonly float[][] means;
    private readonly float[][] logVariances;
    private readonly float[] row;

    /// <summary>A model with its initial weights.</summary>
    /// <param name="observationSize">Numbers of an observation.</param>
    /// <param name="actionSize">Numbers of an action.</param>
    /// <param name="options">Options of the ensemble, valid.</param>
    /// <param name="network">Engine and threads.</param>
    /// <param name="terminal">When the task ends.</param>
    /// <param name="random">Weights and training draw from its children.</param>
    /// <param name="penalty">What is taken off rewards.</param>
    /// <param name="penaltyWeight">λ.</param>
    public LearnedDynamics(
        int observationSize, int actionSize, EnsembleOptions options, NetworkOptions network, TerminalFunction terminal, RandomStream random,
        UncertaintyPenalty penalty = UncertaintyPenalty.None, double penaltyWeight = 1)
    {
        (this.observationSize, this.actionSize, this.terminal, this.penalty, this.penaltyWeight) = (observationSize, actionSize, terminal, penalty, penaltyWeight);
        ensemble = new GaussianEnsemble(observationSize + actionSize, observationSize + 1, options, network, random);
        inputs = new float[RowBlock * (observationSize + actionSize)];
        means = [.. Enumerable.Range(0, options.Members).Select(_ => new float[RowBlock * (observationSize + 1)])];
        logVariances = [.. means.Select(block => new float[block.Length])];
        row = new float[options.Members * (observationSize + 1)];
    }

    /// <summary>The networks.</summary>
    public GaussianEnsemble Ensemble => ensemble;

    /// <inheritdoc/>
    public void Fit(ReplayBuffer data, IMetricSink metrics)
    {
        var (width, outputs) = (observationSize + actionSize, observationSize + 1);
        float[] rows = new float[data.Count * width], targets = new float[data.Count * outputs];
        var kept = 0;
        for (var i = 0; i < data.Count; i++)
        {
            var before = data.Observations.AsSpan(i * observationSize, observationSize);
            var after = data.NextObservations.AsSpan(i * observationSize, observationSize);
            // Files without next observations do not say what a terminal step led to.
            if (data.Terminated[i] && before.SequenceEqual(after)) { continue; }
            Join(before, data.Actions.AsSpan(i * actionSize, actionSize), rows.AsSpan(kept * width, width));
            for (var k = 0; k < observationSize; k++) { targets[kept * outputs + k] = after[k] - before[k]; }
            targets[kept * outputs + observationSize] = data.Rewards[i];
            kept++;
        }
        ensemble.Fit(rows.AsSpan(0, kept * width), targets.AsSpan(0, kept * outputs), metrics);
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, Span<float> next, Span<float> rewards, Span<bool> terminated, RandomStream random)
    {
        var outputs = observationSize + 1;
        for (var start = 0; start < count; start += RowBlock)
        {
            var rows = Math.Min(RowBlock, count - start);
            PredictAll(observations[(start * observationSize)..], actions[(start * actionSize)..], rows, penalty != UncertaintyPenalty.None);
            for (var i = 0; i < rows; i++)
            {
                var elite = ensemble.Elites[random.NextInt32(ensemble.Elites.Count)];
                var before = observations.Slice((start + i) * observationSize, observationSize);
                var after = next.Slice((start + i) * observationSize, observationSize);
                for (var k = 0; k < observationSize; k++) { after[k] = before[k] + Draw(elite, i * outputs + k, random); }
                rewards[start + i] = Draw(elite, i * outputs + observationSize, random) - (float)(penaltyWeight * Penalty(penalty, i));
                terminated[start + i] = terminal(after);
            }
        }
    }

    /// <summary>Writes how uncertain the model is, [count]: a penalty without its weight.</summary>
    public void Uncertainties(UncertaintyPenalty kind, ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, Span<float> uncertainties)
    {
        for (var start = 0; start < count; start += RowBlock)
        {
            var rows = Math.Min(RowBlock, count - start);
            PredictAll(observations[(start * observationSize)..], actions[(start * actionSize)..], rows, all: true);
            for (var i = 0; i < rows; i++) { uncertainties[start + i] = (float)Penalty(kind, i); }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Part(nameof(ensemble), ensemble);

    /// <inheritdoc/>
    public void Dispose() => ensemble.Dispose();

    private void PredictAll(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int rows, bool all)
    {
        var width = observationSize + actionSize;
        for (var i = 0; i < rows; i++) { Join(observations.Slice(i * observationSize, observationSize), actions.Slice(i * actionSize, actionSize), inputs.AsSpan(i * width, width)); }
        for (var member = 0; member < means.Length; member++)
        {
            if (all || ensemble.Elites.Contains(member)) { ensemble.Predict(member, inputs, rows, means[member], logVariances[member]); }
        }
    }

    private float Draw(int member, int index, RandomStream random) => means[member][index] + MathF.Exp(0.5f * logVariances[member][index]) * (float)random.NextGaussian();

    private double Penalty(UncertaintyPenalty kind, int index)
    {
        if (kind == UncertaintyPenalty.None) { return 0; }
        var outputs = observationSize + 1;
        for (var member = 0; member < means.Length; member++)
        {
            for (var k = 0; k < outputs; k++)
            {
                row[member * outputs + k] = kind == UncertaintyPenalty.Deviation ? MathF.Exp(0.5f * logVariances[member][index * outputs + k]) : means[member][index * outputs + k];
            }
        }
        return kind == UncertaintyPenalty.Deviation ? EnsembleLoss.LargestDeviation(row, means.Length) : EnsembleLoss.Disagreement(row, means.Length);
    }

    private static void Join(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, Span<float> input)
    {
        observation.CopyTo(input);
        action.CopyTo(input[observation.Length..]);
    }
}
