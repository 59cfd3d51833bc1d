using System.Text.Json;
using Bellman.Language;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>
/// RepExp in training (arXiv 2510.11686): responses whose hidden states lie outside their group's ellipsoid are paid more,
/// r = alpha r* + beta b, before advantages are taken within the group. With advantages in deviations, a group that is all
/// correct is trained on the bonus alone; in mixed groups it breaks ties.
/// </summary>
public sealed class RepresentationBonus : IRewardAugmentation, IStageCheck, IStateful
{
    private readonly Dictionary<string, PromptCovariance> kept = [];

    /// <summary>A bonus with these options.</summary>
    /// <exception cref="UsageException">An option is out of range, or two do not fit together.</exception>
    public RepresentationBonus(RepresentationExplorationOptions? options = null) =>
        Options = OptionSet.Validated(options ?? new RepresentationExplorationOptions(), "repexp");

    /// <summary>Its options.</summary>
    public RepresentationExplorationOptions Options { get; }

    /// <inheritdoc/>
    public string Name => "repexp";

    /// <inheritdoc/>
    public bool NeedsReference => Options.Features == FeatureModel.Frozen;

    /// <inheritdoc/>
    public int MinimumGroupSize => 2;

    /// <inheritdoc/>
    public void Check(PostTrainingStages stages)
    {
        if (stages.Options.DynamicRounds > 0)
        {
            throw new UsageException($"'repexp' and dynamic sampling (dynamicRounds {stages.Options.DynamicRounds}) cannot be combined: dynamic sampling drops the groups whose responses are all correct, and those are where the bonus has its effect. Set dynamicRounds=0, or leave repexp out.");
        }
    }

    /// <inheritdoc/>
    public string? WarningBeside(ICreditAssigner credit) => Options.Beta > 0 && credit is DrGrpoCredit or RlooCredit or OpoCredit or GpgCredit or ReinforceCredit
        ? $"repexp adds at most beta = {Options.Beta} to a reward, and {credit.Name} does not divide by the group's deviation: the bonus is then negligible. Use grpo, or a beta near the rewards' own scale."
        : null;

    /// <inheritdoc/>
    public void Augment(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        var model = Options.Features == FeatureModel.Policy ? context.Policy
            : context.Reference ?? throw new UsageException("repexp takes its features from the policy as it was before training, and there is no such reference. Give one with Reference(...), or set features=policy.");
        var scored = rollouts.Where(rollout => !double.IsNaN(rollout.Reward) && rollout.OwnTokens > 0).ToList();
        if (scored.Count == 0) { return; }
        var features = Features(model, scored, context);
        var index = scored.Select((rollout, i) => (rollout, i)).ToLookup(pair => pair.rollout.Group, pair => pair.i);
        var statistics = new BonusStatistics(Options.Lambda);
        foreach (var group in index)
        {
            var members = group.Select(i => scored[i]).ToList();
            var right = members.ConvertAll(rollout => rollout.TaskReward >= context.PassThreshold);
            var raw = Raw([.. group.Select(i => features[i])], members[0].Prompt.Id, statistics);
            var bonuses = Allowed(raw, right);
            statistics.Add(members, raw, right);
            for (var i = 0; i < members.Count; i++)
            {
                // r = alpha r* + beta b
                members[i].Components[Name] = bonuses[i];
                members[i].Reward = Options.Alpha * members[i].Reward + Options.Beta * bonuses[i];
            }
        }
        statistics.Write(context.Metrics);
    }

    /// <summary>The bonuses of one group: raw novelty, scaled, and turned off where the rules say so.</summary>
    /// <param name="features">[responses][size], as projected.</param>
    /// <param name="right">Whether each response is correct.</param>
    public double[] Bonuses(IReadOnlyList<double[]> features, IReadOnlyList<bool> right) => Allowed(Raw(features, "", null), right);

    private double[] Raw(IReadOnlyList<double[]> features, string prompt, BonusStatistics? statistics)
    {
        var vectors = Options.Centre ? EllipticalBonus.Centred(features) : features;
        statistics?.Measure(vectors);
        var bonuses = Options.PersistCovariance ? Persistent(features, prompt) : EllipticalBonus.Leverage(vectors, Options.Lambda);
        if (Options.BonusType == BonusType.LeaveOneOut) { bonuses = Array.ConvertAll(bonuses, EllipticalBonus.LeaveOneOut); }
        return EllipticalBonus.Normalized(bonuses, Options.Normalization);
    }

    private double[] Persistent(IReadOnlyList<double[]> features, string prompt)
    {
        if (!kept.TryGetValue(prompt, out var covariance)) { kept[prompt] = covariance = new PromptCovariance(features[0].Length, Options.Lambda); }
        covariance.Add(features);
        return covariance.Leverage(features, Options.Centre);
    }

    private double[] Allowed(double[] bonuses, IReadOnlyList<bool> right)
    {
        var correct = right.Count(flag => flag);
        var off = correct == 0 ? Options.TurnOffIfNoneCorrect : correct == right.Count ? Options.TurnOffIfAllCorrect : Options.TurnOffIfSomeCorrect;
        return [.. bonuses.Select((bonus, i) => off || (Options.TurnOffForIncorrect && !right[i]) ? 0 : bonus)];
    }

    private IReadOnlyList<double[]> Features(ILanguageModel model, List<Rollout> rollouts, RewardContext context)
    {
        var hidden = ResponseFeatures.Of(model, rollouts.ConvertAll(rollout => (rollout.Context, rollout.Tokens, rollout.Mask)), Options.Pooling);
        if (Options.ProjectionDimension == 0) { return [.. hidden.Select(vector => Array.ConvertAll(vector, value => (double)value))]; }
        // One projection for all groups of the step; a fixed one is a function of the sizes alone.
        var draws = Options.ResampleProjection ? context.Random : RandomStream.Create(0, "repexp/projection");
        var projection = new SparseProjection(hidden[0].Length, Options.ProjectionDimension, draws);
        return [.. hidden.Select(vector => projection.Project(vector))];
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        // Which prompts there are varies, so they travel as one text.
        string? text = JsonSerializer.Serialize(kept.ToDictionary(pair => pair.Key, pair => pair.Value.Save()));
        state.Text(nameof(kept), ref text);
        if (!state.IsLoading) { return; }
        kept.Clear();
        foreach (var (prompt, saved) in JsonSerializer.Deserialize<Dictionary<string, double[][]>>(text ?? "{}") ?? []) { kept[prompt] = PromptCovariance.Load(saved); }
    }
}

/// <summary>The covariance of all responses to one prompt so far: un-centred sums, centred when asked, by one more rank-one correction.</summary>
internal sealed class PromptCovariance
{
    private readonly EllipticalMatrix matrix;
    private readonly double[] sum;
    private double count;

    public PromptCovariance(int dimension, double lambda) : this(new EllipticalMatrix(dimension, lambda), new double[dimension], 0) { }

    private PromptCovariance(EllipticalMatrix matrix, double[] sum, double count) => (this.matrix, this.sum, this.count) = (matrix, sum, count);

    public static PromptCovariance Load(double[][] saved) => new(new EllipticalMatrix(saved[1].Length, saved[0]), saved[1], saved[2][0]);

    public double[][] Save() => [matrix.Inverse, sum, [count]];

    public void Add(IReadOnlyList<double[]> vectors)
    {
        foreach (var vector in vectors)
        {
            matrix.Add(vector);
            for (var i = 0; i < sum.Length; i++) { sum[i] += vector[i]; }
            count++;
        }
    }

    /// <summary>(z - m)' (lambda I + sum z z' - n m m')^-1 (z - m), m the mean of all n responses seen; without centring z' (lambda I + sum z z')^-1 z.</summary>
    public double[] Leverage(IReadOnlyList<double[]> vectors, bool centre)
    {
        if (!centre) { return [.. vectors.Select(vector => matrix.Score(vector))]; }
        var mean = Array.ConvertAll(sum, value => value / count);
        var centred = matrix.Copy();
        centred.Add(Array.ConvertAll(mean, value => value * Math.Sqrt(count)), sign: -1);
        return [.. vectors.Select(vector => centred.Score(vector.Select((value, i) => value - mean[i]).ToArray()))];
    }
}

/// <summary>What a step's bonuses look like, for its metrics.</summary>
internal sealed class BonusStatistics(double lambda)
{
    // Below this |z|^2 / lambda the ridge swallows the features.
    private const double LeastScale = 10;

    private readonly List<double> bonuses = [];
    private readonly List<double> scales = [];
    private readonly List<int> distinct = [];
    private readonly int[] groups = new int[3];

    public void Measure(IReadOnlyList<double[]> centred) => scales.AddRange(centred.Select(vector => vector.Sum(value => value * value) / lambda));

    public void Add(List<Rollout> members, double[] raw, List<bool> right)
    {
        bonuses.AddRange(raw);
        distinct.Add(members.Select(rollout => string.Join(' ', rollout.Tokens)).Distinct().Count());
        var correct = right.Count(flag => flag);
        groups[correct == 0 ? 0 : correct < right.Count ? 1 : 2]++;
    }

    public void Write(IMetricSink metrics)
    {
        var mean = bonuses.Average();
        metrics.Add("repexp/bonus_mean", mean);
        metrics.Add("repexp/bonus_std", Math.Sqrt(bonuses.Average(bonus => (bonus - mean) * (bonus - mean))));
        metrics.Add("repexp/feature_scale", scales.Average());
        metrics.Add("repexp/features_too_small", scales.Average() < LeastScale ? 1 : 0);
        metrics.Add("repexp/distinct_responses", distinct.Average());
        foreach (var (name, number) in new[] { "none", "some", "all" }.Zip(groups)) { metrics.Add($"repexp/groups_{name}_correct", (double)number / groups.Sum()); }
    }
}
