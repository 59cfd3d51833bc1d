using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// One or more critics Q(s, a) that read observation and action side by side, and their slowly following targets: one
/// group over one flat buffer each, so that clipping, Adam and the targets' steps are single passes over all critics.
/// </summary>
public sealed class ActionValueCritics : IStateful, IDisposable
{
    private readonly OffPolicyOptions options;
    private readonly NetworkGroup networks;
    private readonly NetworkGroup targets;
    private readonly Adam optimizer;
    private readonly INetwork[] critics;
    private readonly INetwork[] targetCritics;
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly int batchSize;
    private readonly float[] inputs;
    private readonly float[] inputGradients;
    private readonly float[][] values;
    private readonly float[] minimum;
    private readonly float[] gradients;
    private readonly float[] errors;
    private readonly ITargetAggregator aggregator;
    private readonly CriticDiversity? diversity;
    private readonly double diversityWeight;
    private readonly float[] ofRow;
    private readonly float[][] slopes;

    /// <summary>Critics with their initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Floats of an action.</param>
    /// <param name="count">How many critics.</param>
    /// <param name="options">Widths, engine, batch size and step sizes.</param>
    /// <param name="initialization">Weights are drawn from its children.</param>
    public ActionValueCritics(int observationSize, int actionSize, int count, OffPolicyOptions options, RandomStream initialization)
        : this(observationSize, actionSize, new CriticRules(count), options, initialization)
    {
    }

    /// <summary>Critics with their initial weights, combined as the rules say.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Floats of an action.</param>
    /// <param name="rules">How many, and what is made of them.</param>
    /// <param name="options">Widths, engine, batch size and step sizes.</param>
    /// <param name="initialization">Weights are drawn from its children.</param>
    /// <exception cref="UsageException">The rules cannot be followed.</exception>
    public ActionValueCritics(int observationSize, int actionSize, CriticRules rules, OffPolicyOptions options, RandomStream initialization)
    {
        var count = rules.Validated().Critics;
        this.options = options;
        (this.observationSize, this.actionSize, batchSize) = (observationSize, actionSize, options.BatchSize);
        var width = observationSize + actionSize;
        var mlp = rules.OfCritic(new MlpSpecification(width, options.Hidden, 1) { Activation = options.Activation, Initialization = Initialization.FanIn, LayerNorm = options.CriticLayerNorm });
        networks = NetworkGroup.Create(
            initialization, options.NetworkOptions, [.. Enumerable.Range(1, count).Select(i => new MlpPart($"q{i}", mlp))]);
        targets = networks.Copy();
        critics = [.. networks.Parts.Select(part => networks[part.Name])];
        targetCritics = [.. networks.Parts.Select(part => targets[part.Name])];
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.CriticStepSize });
        inputs = GC.AllocateArray<float>(batchSize * width, pinned: true);
        inputGradients = new float[batchSize * width];
        values = [.. critics.Select(_ => new float[batchSize])];
        minimum = new float[batchSize];
        gradients = new float[batchSize];
        errors = new float[batchSize];
        aggregator = rules.Aggregator ?? TargetAggregators.Minimum;
        // Half of η: the squared errors here are halved.
        (diversity, diversityWeight) = (rules.Diversity > 0 ? new CriticDiversity(count, mlp, actionSize, networks.Parameters) : null, 0.5 * rules.Diversity);
        ofRow = new float[count];
        slopes = [.. critics.Select(_ => new float[batchSize])];
    }

    /// <summary>How many critics there are.</summary>
    public int Count => critics.Length;

    /// <summary>Parameters and gradients of all critics.</summary>
    public ParameterBuffer Parameters => networks.Parameters;

    /// <summary>[batch]: |Q - y| in the last <see cref="Fit"/>, the mean over the critics, whose errors must not cancel.</summary>
    public ReadOnlySpan<float> Errors => errors;

    /// <summary>Q_j(s, a) of every critic, [critics][count], for any number of rows.</summary>
    public void Values(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, float[][] every)
    {
        var joined = new float[count * (observationSize + actionSize)];
        Join(observations, actions, count, joined);
        for (var c = 0; c < critics.Length; c++) { critics[c].Forward(joined, count, every[c].AsSpan(0, count)); }
    }

    /// <summary>The aggregate (the minimum, unless the rules say otherwise) over the target critics of Q⁻(s, a), [batch]; valid until the next call.</summary>
    public ReadOnlySpan<float> TargetMinimum(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions) => Minimum(targetCritics, observations, actions);

    /// <summary>The aggregate over the critics of Q(s, a), [batch]; valid until the next call.</summary>
    public ReadOnlySpan<float> Minimum(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions) => Minimum(critics, observations, actions);

    /// <summary>min over some of the target critics of Q⁻(s, a), [batch]; valid until the next call.</summary>
    /// <param name="subset">Which, at least one.</param>
    /// <param name="observations">[batch, observation size].</param>
    /// <param name="actions">[batch, action size].</param>
    public ReadOnlySpan<float> TargetMinimumOf(ReadOnlySpan<int> subset, ReadOnlySpan<float> observations, ReadOnlySpan<float> actions)
    {
        Join(observations, actions);
        minimum.AsSpan().Fill(float.PositiveInfinity);
        foreach (var c in subset)
        {
            targetCritics[c].Forward(inputs, batchSize, values[c]);
            for (var i = 0; i < batchSize; i++) { minimum[i] = MathF.Min(minimum[i], values[c][i]); }
        }
        return minimum;
    }

    /// <summary>[batch]: what the first critic said last.</summary>
    public ReadOnlySpan<float> FirstValues => values[0];

    /// <summary>One step of every critic on its mean squared error, half of it, to the same targets y [batch].</summary>
    public void Fit(ReplayBatch batch, ReadOnlySpan<float> y, IMetricSink metrics)
    {
        Join(batch.Observations, batch.Actions);
        networks.Parameters.ClearGradients();
        Array.Clear(errors);
        double loss = 0, mean = 0;
        for (var c = 0; c < critics.Length; c++)
        {
            critics[c].ForwardTraining(inputs, batchSize, values[c]);
            for (var i = 0; i < batchSize; i++)
            {
                var squared = ActorCriticLoss.Critic(values[c][i], y[i]);
                loss += batch.Weights[i] * squared.Loss;
                mean += values[c][i];
                errors[i] += (float)(Math.Abs(squared.Derivative) / critics.Length);
                gradients[i] = (float)(batch.Weights[i] * squared.Derivative / batchSize);
            }
            critics[c].Backward(gradients, batchSize, default);
        }
        metrics.Add("loss/critic", loss / batchSize);
        metrics.Add("train/mean_value", mean / (batchSize * critics.Length));
        if (diversity is not null) { metrics.Add("loss/diversity", diversity.AddGradients(inputs, batchSize, diversityWeight)); }
        metrics.Add("train/critic_gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
    }

    /// <summary>As <see cref="Fit"/>, and conservative at the actions that <paramref name="term"/> has drawn.</summary>
    internal void FitConservatively(ConservativeTerm term, ReadOnlySpan<float> y, IMetricSink metrics)
    {
        networks.Parameters.ClearGradients();
        Array.Clear(errors);
        var (loss, gap, mean) = (0.0, 0.0, 0.0);
        foreach (var critic in critics)
        {
            var (bellman, ofCritic, value) = term.Differentiate(critic, y, errors);
            (loss, gap, mean) = (loss + bellman, gap + ofCritic / critics.Length, mean + value / critics.Length);
        }
        foreach (ref var error in errors.AsSpan()) { error /= critics.Length; }
        metrics.Add("loss/critic", loss);
        metrics.Add("train/mean_value", mean);
        metrics.Add("train/critic_gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
        term.Update(gap, metrics);
    }

    /// <summary>
    /// Writes the gradient of the mean over the batch of minus the aggregate of Q(s, a) with respect to the actions [batch, action size],
    /// and returns that mean. The critics' own gradients stay as they are.
    /// </summary>
    public double DescentInActions(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, Span<float> actionGradients)
    {
        Join(observations, actions);
        for (var c = 0; c < critics.Length; c++) { critics[c].ForwardTraining(inputs, batchSize, values[c]); }
        Combine(slopes);
        actionGradients.Clear();
        var total = 0.0;
        foreach (var value in minimum) { total += value; }
        for (var c = 0; c < critics.Length; c++)
        {
            for (var i = 0; i < batchSize; i++) { gradients[i] = -slopes[c][i] / batchSize; }
            critics[c].Backward(gradients, batchSize, inputGradients, parameterGradients: false);
            AddActionGradients(actionGradients);
        }
        return -total / batchSize;
    }

    /// <summary>As <see cref="DescentInActions"/> with the mean over all critics in place of the minimum.</summary>
    public double DescentInActionsOfMean(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, Span<float> actionGradients)
    {
        Join(observations, actions);
        gradients.AsSpan().Fill(-1f / (batchSize * critics.Length));
        actionGradients.Clear();
        var total = 0.0;
        for (var c = 0; c < critics.Length; c++)
        {
            critics[c].ForwardTraining(inputs, batchSize, values[c]);
            critics[c].Backward(gradients, batchSize, inputGradients, parameterGradients: false);
            AddActionGradients(actionGradients);
            foreach (var value in values[c]) { total += value; }
        }
        return -total / (batchSize * critics.Length);
    }

    /// <summary>As <see cref="DescentInActions"/> with the first critic alone, as TD3 does.</summary>
    public double DescentInActionsOfFirst(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, Span<float> actionGradients)
    {
        Join(observations, actions);
        critics[0].ForwardTraining(inputs, batchSize, values[0]);
        gradients.AsSpan().Fill(-1f / batchSize);
        critics[0].Backward(gradients, batchSize, inputGradients, parameterGradients: false);
        actionGradients.Clear();
        AddActionGradients(actionGradients);
        var total = 0.0;
        foreach (var value in values[0]) { total += value; }
        return -total / batchSize;
    }

    /// <summary>θ⁻ ← τ θ + (1 - τ) θ⁻.</summary>
    public void MoveTargets() => targets.Parameters.MoveTowards(networks.Parameters, (float)options.Tau);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(networks), networks);
        state.Part(nameof(targets), targets);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        networks.Dispose();
        targets.Dispose();
    }

    private float[] Minimum(INetwork[] networks, ReadOnlySpan<float> observations, ReadOnlySpan<float> actions)
    {
        Join(observations, actions);
        for (var c = 0; c < networks.Length; c++) { networks[c].Forward(inputs, batchSize, values[c]); }
        Combine([]);
        return minimum;
    }

    private void Combine(float[][] slopes)
    {
        Span<float> ofSlopes = stackalloc float[slopes.Length];
        for (var i = 0; i < batchSize; i++)
        {
            for (var c = 0; c < ofRow.Length; c++) { ofRow[c] = values[c][i]; }
            minimum[i] = (float)aggregator.Combine(ofRow, ofSlopes);
            for (var c = 0; c < ofSlopes.Length; c++) { slopes[c][i] = ofSlopes[c]; }
        }
    }

    private void Join(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions) => Join(observations, actions, batchSize, inputs);

    private void Join(ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, int count, Span<float> joined)
    {
        var width = observationSize + actionSize;
        for (var i = 0; i < count; i++)
        {
            observations.Slice(i * observationSize, observationSize).CopyTo(joined[(i * width)..]);
            actions.Slice(i * actionSize, actionSize).CopyTo(joined[(i * width + observationSize)..]);
        }
    }

    private void AddActionGradients(Span<float> actionGradients)
    {
        var width = observationSize + actionSize;
        for (var i = 0; i < batchSize; i++)
        {
            for (var k = 0; k < actionSize; k++) { actionGradients[i * actionSize + k] += inputGradients[i * width + observationSize + k]; }
        }
    }
}
