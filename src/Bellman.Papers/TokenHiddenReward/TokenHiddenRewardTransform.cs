using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.TokenHiddenReward;

/// <summary>The groups of a step as the token hidden reward sees them, read from a batch with hidden states.</summary>
internal sealed class HiddenGroups : IStageCheck
{
    private readonly string method;
    private readonly Transformer model;
    private readonly double? correctFrom;
    private double passThreshold = new PostTrainingOptions().PassThreshold;

    public HiddenGroups(string method, ILanguageModel model, double? correctFrom)
    {
        this.model = model as Transformer
            ?? throw new UsageException($"{method} reads the hidden state before the output matrix, which a {model.GetType().Name} does not expose. Use a transformer that runs in this process.");
        (this.method, this.correctFrom) = (method, correctFrom);
    }

    public Tensor Output => model.OutputWeights;

    public void Check(PostTrainingStages stages)
    {
        if (stages.Credit.MinimumGroupSize < 2)
        {
            throw new UsageException($"{method} steers advantages that compare the responses to a prompt, and {stages.Credit.Name} compares none. Put it on grpo, drgrpo, rloo, gspo or another method with groups.");
        }
        passThreshold = stages.Options.PassThreshold;
    }

    /// <summary>Each group that has correct and wrong responses: its rows, and for each token its place in the flattened table.</summary>
    public IEnumerable<(int[] Rows, int[] Places, HiddenGroup Group)> Mixed(PolicyBatch batch)
    {
        RequireBinary(batch.Rollouts);
        var hidden = batch.Hidden ?? throw new InvalidOperationException($"{method} needs the hidden states that it asked for.");
        var length = (int)hidden.shape[1];
        var mask = batch.Mask.cpu().data<bool>().ToArray();
        var rows = Enumerable.Range(0, batch.Rollouts.Count).Where(row => !double.IsNaN(batch.Rollouts[row].TaskReward)).GroupBy(row => batch.Rollouts[row].Group);
        foreach (var members in rows.Select(group => group.ToArray()))
        {
            var correct = Array.ConvertAll(members, row => IsCorrect(batch.Rollouts[row]));
            if (correct.All(right => right) || !correct.Contains(true)) { continue; }
            var places = members.Select(row => Enumerable.Range(row * length, length).Where(place => mask[place]).ToArray()).ToList();
            int[] all = [.. places.SelectMany(own => own)];
            var tokens = members.SelectMany((row, i) => places[i].Select(place => batch.Rollouts[row].Tokens[place - row * length - batch.Rollouts[row].Context.Length])).ToArray();
            var states = hidden.flatten(0, 1).index_select(0, tensor(Array.ConvertAll(all, place => (long)place)).to(hidden.device)).to(ScalarType.Float32);
            yield return (members, all, new HiddenGroup(states, tokens, [.. places.Select(own => own.Length)], correct));
        }
    }

    public bool IsCorrect(Rollout rollout) => rollout.TaskReward >= (correctFrom ?? passThreshold);

    private void RequireBinary(IReadOnlyList<Rollout> rollouts)
    {
        if (correctFrom is not null || passThreshold != new PostTrainingOptions().PassThreshold) { return; }
        if (rollouts.FirstOrDefault(rollout => rollout.TaskReward is not (0 or 1) && !double.IsNaN(rollout.TaskReward)) is { } other)
        {
            throw new UsageException($"{method} tells correct responses from wrong ones, and the reward of a response to '{other.Prompt.Id}' is {other.TaskReward}. Say from which reward on a response is correct: {method}.correctFrom=0.5, or the trainer's passThreshold.");
        }
    }
}

/// <summary>
/// Keeps the tokens with large |THR| and scales their advantage by 1 + sign(THR) p:
/// A_THR(p)_{j,k} = keep_{j,k} (1 + sign(THR_{j,k}) p) A_j. Sampling, reward and loss stay as they are.
/// </summary>
public sealed class TokenHiddenRewardTransform : ICreditTransform, IStageCheck, IStateful
{
    private readonly TokenHiddenRewardOptions options;
    private readonly HiddenGroups groups;
    private long step;

    /// <summary>A transform for the policy that is trained.</summary>
    /// <exception cref="UsageException">An option is out of range, or the model does not expose its hidden states.</exception>
    public TokenHiddenRewardTransform(ILanguageModel model, TokenHiddenRewardOptions options)
    {
        this.options = OptionSet.Validated(options, "method thr");
        groups = new HiddenGroups("thr", model, options.CorrectFrom);
    }

    /// <inheritdoc/>
    public string Name => "thr";

    /// <inheritdoc/>
    public ScoreOutputs Needs => ScoreOutputs.Hidden;

    /// <inheritdoc/>
    public void Check(PostTrainingStages stages) => groups.Check(stages);

    /// <inheritdoc/>
    public Tensor Transform(Tensor advantages, PolicyBatch batch, IMetricSink metrics)
    {
        var weights = new double[advantages.numel()];
        var output = groups.Output;
        var random = RandomStream.Create(0, "thr").Child("step", step++);
        var seen = new Statistics();
        foreach (var (rows, places, group) in groups.Mixed(batch))
        {
            var scores = HiddenRewards.Scores(group, output, options);
            var threshold = HiddenRewards.Threshold(scores, group.Lengths, group.Correct, options.Beta);
            var entropies = rows.SelectMany(row => Entropies(batch.Rollouts[row])).ToArray();
            var kept = Kept(scores, threshold, entropies, random.Child("keep", rows[0]));
            var coins = random.Child("sign", rows[0]);
            for (var i = 0; i < places.Length; i++)
            {
                var sign = options.Sign == TokenSign.Coin ? (coins.NextBoolean() ? 1 : -1) : Math.Sign(scores[i]);
                // keep (1 + sign(THR) p)
                weights[places[i]] = kept[i] ? 1 + sign * options.P : 0;
            }
            seen.Add(scores, kept, entropies, threshold);
        }
        seen.Write(metrics);
        // Groups without both outcomes have advantages of 0 under GRPO; other credit may not, and is left alone.
        var table = tensor(Array.ConvertAll(weights, weight => (float)weight), advantages.shape).to(advantages.device);
        var inMixed = InMixed(batch, advantages);
        var changed = where(inMixed, advantages * table, advantages);
        metrics.Add("thr/changed", Reductions.TokenMean(changed.ne(advantages).to(advantages.dtype), batch.Mask.to(advantages.device)).ToDouble());
        return options.NormaliseByKept && seen.Kept > 0 ? changed * ((double)seen.Tokens / seen.Kept) : changed;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(step), ref step);

    private Tensor InMixed(PolicyBatch batch, Tensor like)
    {
        var mixed = batch.Rollouts.Where(rollout => !double.IsNaN(rollout.TaskReward)).GroupBy(rollout => rollout.Group)
            .Where(group => group.Select(groups.IsCorrect).Distinct().Count() == 2).Select(group => group.Key).ToHashSet();
        return tensor(batch.Rollouts.Select(rollout => mixed.Contains(rollout.Group)).ToArray()).unsqueeze(1).to(like.device);
    }

    private bool[] Kept(double[] scores, double threshold, double[] entropies, RandomStream random)
    {
        var dominant = Array.ConvertAll(scores, score => HiddenRewards.IsKept(score, threshold));
        if (options.Keep == KeptTokens.Dominant) { return dominant; }
        if (options.Keep == KeptTokens.All) { return Array.ConvertAll(scores, _ => true); }
        var order = Enumerable.Range(0, scores.Length).ToArray();
        if (options.Keep == KeptTokens.Random) { random.Shuffle<int>(order); }
        else { order = [.. order.OrderByDescending(i => entropies[i])]; }
        var kept = new bool[scores.Length];
        foreach (var i in order.Take(dominant.Count(keep => keep))) { kept[i] = true; }
        return kept;
    }

    private static IEnumerable<double> Entropies(Rollout rollout) => Enumerable.Range(0, rollout.Tokens.Length).Where(t => rollout.Mask[t])
        .Select(t => rollout.Entropies.Length == rollout.Tokens.Length ? rollout.Entropies[t] : 0.0);

    /// <summary>What a step says about its tokens.</summary>
    private sealed class Statistics
    {
        private readonly List<double> strengths = [];
        private readonly List<double> entropies = [];
        private double captured;
        private double total;
        private int positive;
        private int groups;
        private int openThresholds;

        public int Kept { get; private set; }

        public int Tokens { get; private set; }

        public void Add(double[] scores, bool[] kept, double[] entropy, double threshold)
        {
            groups++;
            if (threshold <= 0) { openThresholds++; }
            Tokens += scores.Length;
            for (var i = 0; i < scores.Length; i++)
            {
                strengths.Add(Math.Abs(scores[i]));
                total += Math.Abs(scores[i]);
                if (!kept[i]) { continue; }
                Kept++;
                captured += Math.Abs(scores[i]);
                if (scores[i] > 0) { positive++; }
            }
            entropies.AddRange(entropy);
        }

        public void Write(IMetricSink metrics)
        {
            metrics.Add("thr/mixed_groups", groups);
            metrics.Add("thr/negative_threshold", openThresholds);
            if (Tokens == 0) { return; }
            metrics.Add("thr/kept", (double)Kept / Tokens);
            metrics.Add("thr/positive", Kept == 0 ? 0 : (double)positive / Kept);
            metrics.Add("thr/captured", total > 0 ? captured / total : 0);
            metrics.Add("thr/entropy_correlation", Correlation());
        }

        private double Correlation()
        {
            var (x, y) = (strengths.Average(), entropies.Average());
            var (xy, xx, yy) = (0.0, 0.0, 0.0);
            for (var i = 0; i < strengths.Count; i++)
            {
                xy += (strengths[i] - x) * (entropies[i] - y);
                xx += (strengths[i] - x) * (strengths[i] - x);
                yy += (entropies[i] - y) * (entropies[i] - y);
            }
            return xx * yy > 0 ? xy / Math.Sqrt(xx * yy) : 0;
        }
    }
}

/// <summary>Adds the token hidden reward to a trainer.</summary>
public static class TokenHiddenRewardExtensions
{
    /// <summary>Steers a group-relative method between exploitation (p above 0) and exploration (p below 0), token by token.</summary>
    /// <param name="builder">A method with groups: grpo, gspo, rloo, ...</param>
    /// <param name="options">How; null for the paper's exploitation.</param>
    /// <exception cref="UsageException">An option is out of range, or the model does not expose its hidden states.</exception>
    public static PostTraining AddTokenHiddenReward(this PostTraining builder, TokenHiddenRewardOptions? options = null) =>
        builder.Uses("thr").Transform(new TokenHiddenRewardTransform(builder.Model, options ?? new TokenHiddenRewardOptions()));
}
