using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>
/// Replaces the weights of a step's rewards before credit is assigned: R = c sum_i w_i r_i. What the rewards' own weights make of a response stays its
/// task reward, so that pass rates and other methods judge by the same thing as without.
/// </summary>
public sealed class RewardWeighting : IRewardAugmentation, ICreditTransform, IStageCheck, IStateful
{
    /// <summary>The method's key.</summary>
    public const string Key = "dynamic-reward-weighting";

    private const int StalledSteps = 10, FlatSteps = 20;
    private const double FlatMeta = 0.51, SpreadMemory = 0.9;

    private readonly DynamicRewardWeightingOptions options;
    private readonly IReadOnlyList<(string Name, double Weight)> objectives;
    private readonly ObjectiveValidation? validation;
    private readonly MetaReward? meta;
    private readonly double[] weights;
    private readonly double[] sums;
    private readonly double[] spreads;
    private readonly int[] stalled;
    private int accumulated;
    private int flat;
    private bool onRewards;

    /// <summary>A weighting of these rewards.</summary>
    /// <param name="options">Null for the paper's second method.</param>
    /// <param name="objectives">The rewards with the weights that they are mixed by.</param>
    /// <param name="validation">For the hypervolume rule.</param>
    /// <exception cref="UsageException">Fewer than two objectives, weights that do not fit them, or no validation where it is needed.</exception>
    public RewardWeighting(DynamicRewardWeightingOptions? options, IReadOnlyList<(string Name, double Weight)> objectives, ObjectiveValidation? validation = null)
    {
        this.options = OptionSet.Validated(options ?? new DynamicRewardWeightingOptions(), Key);
        (this.objectives, this.validation) = (objectives, validation);
        if (objectives.Count < 2) { throw new UsageException($"{Key} weighs several rewards and there is {objectives.Count}. Add another with Reward(...)."); }
        if (this.options.Weights.Length > 0 && this.options.Weights.Length != objectives.Count)
        {
            throw new UsageException($"{Key} has {this.options.Weights.Length} weights and there are {objectives.Count} rewards ({string.Join(", ", objectives.Select(objective => objective.Name))}). Give one weight a reward.");
        }
        weights = this.options.Weights.Length > 0 ? [.. this.options.Weights] : [.. objectives.Select(_ => 1.0 / objectives.Count)];
        InfluenceWeights.RequireSimplex(weights);
        if (UsesGradients) { weights = InfluenceWeights.Floored(weights, this.options.Floor); }
        (sums, spreads, stalled) = (new double[weights.Length], new double[weights.Length], new int[weights.Length]);
        if (this.options.Rule != WeightRule.Hypervolume) { return; }
        if (validation is null) { throw new UsageException($"{Key} with rule=hypervolume measures a validation set after every step and has none. Set validationPrompts to 1 or more, or give one."); }
        meta = new MetaReward(this.options, validation.Maximise);
    }

    /// <inheritdoc cref="IRewardAugmentation.Name"/>
    public string Name => Key;

    /// <summary>w as the last step used it.</summary>
    public IReadOnlyList<double> Weights => weights;

    /// <summary>c of the last step.</summary>
    public double Factor => meta?.Factor ?? 1;

    private bool UsesGradients => options.Rule is WeightRule.Gradient or WeightRule.MinimumNorm;

    /// <inheritdoc/>
    public void Check(PostTrainingStages stages)
    {
        if (stages.Credit is GdpoCredit) { throw new UsageException($"'{Key}' and '{stages.Credit.Name}' cannot be combined: both weigh the rewards. Leave one of them out."); }
        if (UsesGradients && (stages.Credit.NeedsCritic || stages.Credit.NeedsGreedy))
        {
            throw new UsageException($"{Key} takes the advantages of each objective alone, and {stages.Credit.Name} needs a critic or greedy responses, which are about their sum. Use grpo, rloo or reinforcepp, or rule=hypervolume.");
        }
        onRewards = options.MetaPlacement == MetaPlacement.Reward || (options.MetaPlacement == MetaPlacement.Automatic && stages.Credit is RlooCredit or DrGrpoCredit or RemaxCredit);
        if (options.FirstLayer is null && options.LastLayer is null) { return; }
        var last = stages.Model.Trainable.Max(tensor => Layer(tensor.Name)) ?? -1;
        if ((options.FirstLayer ?? 0) > last || options.LastLayer > last) { throw new UsageException($"{Key} compares layers {options.FirstLayer ?? 0} to {options.LastLayer?.ToString() ?? "the end"} and the model's trained layers end at {last}. Give a range within 0 to {last}."); }
    }

    /// <inheritdoc/>
    public void Augment(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        var scored = rollouts.Where(rollout => objectives.All(objective => rollout.Components.GetValueOrDefault(objective.Name) is not null)).ToList();
        var rewards = objectives.Select(objective => rollouts.Select(rollout => rollout.Components.GetValueOrDefault(objective.Name) ?? double.NaN).ToArray()).ToList();
        if (meta is not null && validation is not null)
        {
            // The policy before step t + 1 is the checkpoint after step t.
            meta.See(validation.Measure(context));
            context.Metrics.Add("drw/hypervolume_growth", meta.Growth);
        }
        if (scored.Count > 0 && (options.FreezeAfter == 0 || context.Step < options.FreezeAfter)) { Reweigh(rewards, context); }
        InfluenceWeights.RequireSimplex(weights);
        var factor = onRewards ? Factor : 1;
        foreach (var rollout in rollouts)
        {
            // R = c sum_i w_i r_i in place of sum_i k_i r_i, k the rewards' own weights; a bonus or punishment beside them stays.
            for (var i = 0; i < objectives.Count; i++) { rollout.Reward += (factor * weights[i] - objectives[i].Weight) * (rollout.Components.GetValueOrDefault(objectives[i].Name) ?? double.NaN); }
        }
        Write(context);
    }

    /// <inheritdoc/>
    public Tensor Transform(Tensor advantages, PolicyBatch batch, IMetricSink metrics) => meta is null || onRewards ? advantages : advantages * meta.Factor;

    private void Reweigh(List<double[]> rewards, RewardContext context)
    {
        switch (options.Rule)
        {
            case WeightRule.Random:
                var draws = Enumerable.Range(0, weights.Length).Select(_ => -Math.Log(1 - context.Random.NextDouble())).ToArray();
                Set(Array.ConvertAll(draws, draw => draw / draws.Sum()));
                break;
            case WeightRule.Scale:
                for (var i = 0; i < weights.Length; i++)
                {
                    var known = rewards[i].Where(value => !double.IsNaN(value)).ToArray();
                    var deviation = Math.Sqrt(known.Average(value => value * value) - known.Average() * known.Average() + 1e-12);
                    spreads[i] = spreads[i] == 0 ? deviation : SpreadMemory * spreads[i] + (1 - SpreadMemory) * deviation;
                }
                var inverse = Array.ConvertAll(spreads, spread => 1 / (spread + 1e-3));
                Set(Array.ConvertAll(inverse, value => value / inverse.Sum()));
                break;
            case WeightRule.Gradient or WeightRule.MinimumNorm:
                Follow(rewards, context);
                break;
        }
    }

    private void Follow(List<double[]> rewards, RewardContext context)
    {
        var gradients = context.Gradients ?? throw new UsageException($"{Key} needs the gradients of single objectives, which only a trainer's step has.");
        bool Selected(string name) => Layer(name) is { } layer && layer >= (options.FirstLayer ?? 0) && layer <= (options.LastLayer ?? int.MaxValue);
        Func<string, bool>? selects = options.FirstLayer is null && options.LastLayer is null ? null : Selected;
        var (m, metrics) = (weights.Length, context.Metrics);
        var asked = options.CompareCombined ? [.. rewards, Combined(rewards)] : rewards;
        var all = gradients.Gram(asked, options.MaximumGradientNorm, selects);
        if (all.Cast<double>().Any(value => !double.IsFinite(value)))
        {
            metrics.Add("drw/skipped", 1);
            return;
        }
        var gram = new double[m, m];
        for (var i = 0; i < m; i++) { for (var j = 0; j < m; j++) { gram[i, j] = all[i, j]; } }
        var influence = InfluenceWeights.Influence(gram, options.SelfTerm, options.NormaliseInfluence);
        Measure(gram, influence, metrics);
        // | |sum_i w_i g_i| - |g(sum_i w_i r_i)| |, with the weights of the step before
        if (options.CompareCombined) { metrics.Add("drw/gradient_gap", Math.Abs(CombinedNorm(gram) - Math.Sqrt(all[m, m]))); }
        if (options.Rule == WeightRule.MinimumNorm)
        {
            Set(InfluenceWeights.Floored(ParetoFront.MinimumNorm(gram), options.Floor));
            return;
        }
        for (var i = 0; i < m; i++) { sums[i] += influence[i]; }
        if (++accumulated < options.AccumulationSteps) { return; }
        // eta_t / mu
        var ratio = options.Mu is { } mu ? context.LearningRate / mu : options.Ratio;
        Set(InfluenceWeights.Step(weights, Array.ConvertAll(sums, sum => sum / accumulated), ratio, options.Floor));
        Array.Clear(sums);
        accumulated = 0;
    }

    private double[] Combined(List<double[]> rewards) => [.. Enumerable.Range(0, rewards[0].Length).Select(row => rewards.Select((reward, i) => weights[i] * reward[row]).Sum())];

    private double CombinedNorm(double[,] gram) => Math.Sqrt(Math.Max(0, Enumerable.Range(0, weights.Length).Sum(i => Enumerable.Range(0, weights.Length).Sum(j => weights[i] * weights[j] * gram[i, j]))));

    private void Measure(double[,] gram, double[] influence, IMetricSink metrics)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            metrics.Add($"drw/influence_{objectives[i].Name}", influence[i]);
            metrics.Add($"drw/norm_{objectives[i].Name}", Math.Sqrt(gram[i, i]));
            for (var j = i + 1; j < weights.Length; j++)
            {
                var norms = Math.Sqrt(gram[i, i] * gram[j, j]);
                metrics.Add($"drw/cosine_{objectives[i].Name}_{objectives[j].Name}", norms > 0 ? gram[i, j] / norms : 0);
            }
            stalled[i] = influence[i] <= 0 ? stalled[i] + 1 : 0;
            // Warns of objectives that the common progress works against.
            metrics.Add($"drw/warning_no_influence_{objectives[i].Name}", stalled[i] >= StalledSteps ? 1 : 0);
        }
        metrics.Add("drw/combined_norm", CombinedNorm(gram));
    }

    private void Write(RewardContext context)
    {
        for (var i = 0; i < weights.Length; i++) { context.Metrics.Add($"drw/weight_{objectives[i].Name}", weights[i]); }
        if (meta is null) { return; }
        context.Metrics.Add("drw/meta", meta.Factor);
        context.Metrics.Add("drw/front", meta.Kept);
        flat = meta.Factor < FlatMeta ? flat + 1 : 0;
        // Warns of a scale on which no growth is seen.
        context.Metrics.Add("drw/warning_meta_is_flat", flat >= FlatSteps ? 1 : 0);
    }

    private void Set(double[] values) => values.CopyTo(weights, 0);

    /// <summary>The decoder layer that a parameter belongs to; null for embeddings and heads.</summary>
    private static int? Layer(string name)
    {
        var parts = name.Split('.');
        var at = Array.IndexOf(parts, "layers");
        return at >= 0 && at + 1 < parts.Length && int.TryParse(parts[at + 1], out var layer) ? layer : null;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(weights), weights);
        state.Array<double>(nameof(sums), sums);
        state.Array<double>(nameof(spreads), spreads);
        state.Array<int>(nameof(stalled), stalled);
        state.Value(nameof(accumulated), ref accumulated);
        state.Value(nameof(flat), ref flat);
        if (meta is not null) { state.Part(nameof(meta), meta); }
    }
}
