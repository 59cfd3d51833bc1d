using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The last stage: passes over a step's rollouts, each cut into mini-batches with an optimiser step of its own.</summary>
internal sealed class PolicyUpdate : IDisposable, IStateful
{
    private readonly PostTrainerParts parts;
    private readonly TensorOptimizer optimizer;
    private readonly GradientParts gradients;
    private readonly ILanguageModel model;

    public PolicyUpdate(PostTrainerParts parts)
    {
        this.parts = parts;
        gradients = new GradientParts(parts.Options.TokensAtOnce);
        model = new PartedModel(parts.Model, gradients);
        // A trust-region step moves the policy itself; Adam is then the critic's.
        var policy = parts.TrustRegion is null ? parts.Model.Trainable.Select(tensor => tensor with { Name = "policy." + tensor.Name }) : [];
        var critic = parts.Critic?.Trainable.Select(tensor => tensor with { Name = "critic." + tensor.Name }) ?? [];
        optimizer = parts.Options.CreateOptimizer([.. policy, .. critic]);
    }

    /// <summary>Learns from the step.</summary>
    /// <returns>False when a loss or gradient was not finite; nothing of that mini-batch was learned then.</returns>
    public bool Run(RolloutTensors rollouts, Tensor advantages, Tensor? returns, double learningRate, RandomStream random, IMetricSink metrics)
    {
        var order = Enumerable.Range(0, rollouts.Rollouts.Count).ToArray();
        var parts = Math.Min(this.parts.Options.MiniBatches, order.Length);
        for (var epoch = 0; epoch < this.parts.Options.Epochs; epoch++)
        {
            if (parts > 1) { random.Child("epoch", epoch).Shuffle<int>(order); }
            for (var part = 0; part < parts; part++)
            {
                using var scope = NewDisposeScope();
                var rows = order[(part * order.Length / parts)..((part + 1) * order.Length / parts)];
                if (!Learn(rollouts, rows, advantages, returns, learningRate, metrics)) { return false; }
            }
        }
        return true;
    }

    private bool Learn(RolloutTensors rollouts, int[] rows, Tensor advantages, Tensor? returns, double learningRate, IMetricSink metrics)
    {
        var tokens = RolloutTensors.Batch(rollouts.Rollouts, rows);
        if (parts.TrustRegion is { } region) { TrustRegionStep(rollouts, rows, tokens, advantages, region, metrics); }
        var batch = Compute(rollouts, rows, tokens, advantages, returns);
        Tensor? loss = null;
        if (parts.TrustRegion is null)
        {
            loss = parts.Objective.Loss(batch, metrics);
            metrics.Add("loss/policy", loss.ToDouble());
        }
        foreach (var term in parts.Terms)
        {
            var value = term.Loss(batch, metrics);
            metrics.Add($"loss/{term.Name}", value.ToDouble());
            loss = loss is null ? value : loss + value;
        }
        MeasureChange(batch, metrics);
        if (loss is null)
        {
            gradients.Forget();
            return true;
        }
        metrics.Add("loss/total", loss.ToDouble());
        if (!double.IsFinite(loss.ToDouble()) || !loss.requires_grad)
        {
            gradients.Forget();
            return double.IsFinite(loss.ToDouble());
        }
        optimizer.ZeroGradients();
        loss.backward();
        gradients.Backward();
        var norm = optimizer.Step(learningRate, parts.Options.MaximumGradientNorm);
        // Named as a loss, so that the loop's guard stops a run whose gradient broke.
        metrics.Add(double.IsFinite(norm) ? "gradient/norm" : "loss/gradient_norm", norm);
        return double.IsFinite(norm);
    }

    /// <summary>See <see cref="IObjectiveGradients"/>; one table of advantages an objective.</summary>
    public double[,] Gram(RolloutTensors rollouts, IReadOnlyList<Tensor> advantages, double maximumNorm, Func<string, bool>? selects)
    {
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(0, rollouts.Rollouts.Count).ToArray();
        var tokens = RolloutTensors.Batch(rollouts.Rollouts, rows);
        var found = advantages.Select(table => Gradient(rollouts, rows, tokens, table, maximumNorm, selects)).ToList();
        ForgetGradients();
        var gram = new double[found.Count, found.Count];
        using var withoutGradients = no_grad();
        for (var i = 0; i < found.Count; i++)
        {
            for (var j = i; j < found.Count; j++) { gram[i, j] = gram[j, i] = (found[i] * found[j]).sum(ScalarType.Float64).ToDouble(); }
        }
        return gram;
    }

    private Tensor Gradient(RolloutTensors rollouts, int[] rows, TokenBatch tokens, Tensor advantages, double maximumNorm, Func<string, bool>? selects)
    {
        using var scope = NewDisposeScope();
        ForgetGradients();
        var batch = Compute(rollouts, rows, tokens, advantages, null);
        var loss = parts.Terms.Aggregate(parts.Objective.Loss(batch, NoMetrics.Instance), (sum, term) => sum + term.Loss(batch, NoMetrics.Instance));
        loss.backward();
        gradients.Backward();
        using var withoutGradients = no_grad();
        var all = parts.Model.Trainable.Select(tensor => (tensor.Name, Gradient: (tensor.Value.grad ?? zeros_like(tensor.Value)).to(ScalarType.Float32).flatten())).ToList();
        var norm = Math.Sqrt(all.Sum(entry => entry.Gradient.square().sum(ScalarType.Float64).ToDouble()));
        var chosen = cat([.. all.Where(entry => selects is null || selects(entry.Name)).Select(entry => entry.Gradient)]);
        return (norm > maximumNorm ? chosen * (maximumNorm / norm) : chosen).MoveToOuterDisposeScope();
    }

    private void ForgetGradients()
    {
        foreach (var tensor in parts.Model.Trainable) { tensor.Value.grad?.zero_(); }
    }

    private PolicyBatch Compute(RolloutTensors rollouts, int[] rows, TokenBatch tokens, Tensor advantages, Tensor? returns)
    {
        var needs = parts.Terms.Aggregate(parts.Objective.Needs, (all, term) => all | term.Needs);
        // A trust-region step asks for derivatives of derivatives, which the parts do not keep.
        var scores = (parts.TrustRegion is null ? model : parts.Model).Score(tokens, parts.Options.Temperature, needs);
        var device = scores.LogProbabilities.device;
        var index = tensor(Array.ConvertAll(rows, row => (long)row));
        Tensor Slice(Tensor whole) => whole.index_select(0, index).narrow(1, 0, tokens.Length).to(device);
        return new PolicyBatch
        {
            LogProbabilities = scores.LogProbabilities,
            OldLogProbabilities = Slice(rollouts.Old),
            ReferenceLogProbabilities = rollouts.Reference is { } reference ? Slice(reference) : null,
            Advantages = Slice(advantages),
            Mask = Slice(rollouts.Mask),
            Entropies = scores.Entropies,
            Hidden = scores.Hidden,
            Logits = scores.Logits,
            Values = parts.Critic is { } critic ? gradients.Run(tokens, part => [critic.Values(part)])[0]?.to(device) : null,
            OldValues = rollouts.Values is { } values ? Slice(values) : null,
            Returns = returns is { } targets ? Slice(targets) : null,
            MaximumTokens = parts.Options.MaximumNewTokens,
            Rollouts = [.. rows.Select(row => rollouts.Rollouts[row])],
        };
    }

    private void TrustRegionStep(RolloutTensors rollouts, int[] rows, TokenBatch tokens, Tensor advantages, TrustRegionOptions region, IMetricSink metrics)
    {
        var temperature = parts.Options.Temperature;
        PolicyBatch Batch() => Compute(rollouts, rows, tokens, advantages, null);
        Tensor Distributions() => (parts.Model.Score(tokens, temperature, ScoreOutputs.Logits).Logits ?? throw new InvalidOperationException("The model gave no logits.")).log_softmax(-1);
        var before = Distributions().detach();
        var divergence = TrustRegion.Step([.. parts.Model.Trainable.Select(tensor => tensor.Value)],
            () =>
            {
                var batch = Batch();
                return Reductions.TokenMean(batch.LogRatio.exp() * batch.FixedAdvantages, batch.Mask);
            },
            () =>
            {
                var now = Distributions();
                return Reductions.TokenMean(KullbackLeibler.Exact(before, now), rollouts.Mask.index_select(0, tensor(Array.ConvertAll(rows, row => (long)row))).narrow(1, 0, tokens.Length).to(now.device));
            },
            region);
        metrics.Add("policy/step_kl", divergence);
    }

    private static void MeasureChange(PolicyBatch batch, IMetricSink metrics)
    {
        using var withoutGradients = no_grad();
        metrics.Add("policy/old_kl", Reductions.TokenMean(KullbackLeibler.Estimate(KlEstimator.K3, batch.LogProbabilities.detach(), batch.OldLogProbabilities), batch.Mask).ToDouble());
    }

    public void Exchange(StateExchange state) => state.Part("optimizer", optimizer);

    public void Dispose() => optimizer.Dispose();
}
