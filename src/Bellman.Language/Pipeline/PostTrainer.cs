using System.Diagnostics;
using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Trains a language model by rewards: prompts, rounds of rollouts, rewards, credit, update. One <see cref="Advance"/> is one
/// step, between which a checkpoint may be taken. <see cref="PostTraining"/> builds it.
/// </summary>
public sealed class PostTrainer : ITrainee
{
    private readonly PostTrainerParts parts;
    private readonly GroupHistory history = new();
    private readonly RolloutCollector collector;
    private readonly PolicyUpdate update;
    private readonly AdaptiveKlCoefficient? adaptive;
    private readonly RandomStream random;
    private long steps;
    private long generatedTokens;

    internal PostTrainer(PostTrainerParts parts)
    {
        this.parts = parts;
        Warnings = [.. parts.Augmentations.Select(augmentation => augmentation.WarningBeside(parts.Credit)).OfType<string>()];
        collector = new RolloutCollector(parts, history);
        update = new PolicyUpdate(parts);
        random = RandomStream.Create(parts.Seed, "post-training");
        if (parts.Options is { RewardKl: > 0, TargetKl: { } target }) { adaptive = new AdaptiveKlCoefficient(parts.Options.RewardKl, target); }
    }

    /// <inheritdoc/>
    public string Algorithm => parts.Name;

    /// <inheritdoc/>
    public long Steps => steps;

    /// <summary>Tokens drawn so far.</summary>
    public long GeneratedTokens => generatedTokens;

    /// <inheritdoc/>
    public (string Observations, string Actions) Interface => ($"tokens up to {parts.Model.ContextLength}", $"{parts.Model.VocabularySize} tokens");

    /// <summary>The policy, which goes on changing.</summary>
    public ILanguageModel Model => parts.Model;

    /// <summary>The frozen reference; null when nothing needs one.</summary>
    public ILanguageModel? Reference => parts.Reference;

    /// <summary>Where its responses are drawn.</summary>
    public ISampler Sampler => parts.Sampler;

    /// <summary>What a user should know about the combination of parts.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>How prompts have fared.</summary>
    public GroupHistory History => history;

    /// <summary>Stops sampling between tokens.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        using var turn = TorchTurn.Take();
        TorchRuntime.UseThreads(parts.Options.Threads);
        using var scope = NewDisposeScope();
        var stream = random.Child("step", steps);
        if (parts.Sampler is IFollowingSampler follower)
        {
            var clock = Stopwatch.StartNew();
            follower.Follow(steps, Cancellation);
            metrics.Add("time/weights", clock.Elapsed.TotalSeconds);
        }
        var rollouts = collector.Collect(steps, stream, metrics, Cancellation);
        generatedTokens += rollouts.Sum(rollout => (long)rollout.OwnTokens);
        RolloutMetrics.Write(rollouts, parts.Options.PassThreshold, metrics);
        if (parts.Augmentations.Count > 0) { foreach (var rollout in rollouts) { rollout.KeepTaskReward(); } }
        var gradients = new StepGradients(parts, update, rollouts);
        foreach (var augmentation in parts.Augmentations) { augmentation.Augment(rollouts, collector.Context(steps, stream.Child(augmentation.Name), metrics, Cancellation, gradients, LearningRate())); }
        foreach (var observer in parts.Observers) { observer.Observe(steps, rollouts, metrics); }
        if (rollouts.Count > 0) { Learn(rollouts, gradients, stream, metrics); }
        else { metrics.Add("update/skipped", 1); }
        steps++;
    }

    private void Learn(IReadOnlyList<Rollout> rollouts, StepGradients gradients, RandomStream stream, IMetricSink metrics)
    {
        var clock = Stopwatch.StartNew();
        var greedy = parts.Credit.NeedsGreedy ? collector.GreedyRewards(rollouts, steps, stream, metrics, Cancellation) : null;
        var tensors = gradients.Tensors;
        var credit = parts.Credit.Assign(tensors.ToCredit(adaptive?.Value ?? parts.Options.RewardKl, greedy), metrics);
        var advantages = Table(credit.Advantages, tensors);
        foreach (var transform in parts.Transforms) { advantages = transform.Transform(advantages, tensors.ToPolicy(advantages, parts.Options.MaximumNewTokens), metrics).detach(); }
        MeasureReference(tensors, rollouts.Count, metrics);
        metrics.Add("time/credit", clock.Elapsed.TotalSeconds);
        clock.Restart();
        // Without any signal an optimiser would still follow its momentum.
        var isSilent = parts.Terms.Count == 0 && advantages.abs().max().ToDouble() == 0;
        metrics.Add("update/skipped", isSilent ? 1 : 0);
        if (!isSilent)
        {
            update.Run(tensors, advantages, credit.Returns is { } returns ? Table(returns, tensors) : null, LearningRate(), stream.Child("update"), metrics);
        }
        metrics.Add("time/update", clock.Elapsed.TotalSeconds);
    }

    private double LearningRate()
    {
        var options = parts.Options;
        var risen = Math.Min(1, (steps + 1.0) / Math.Max(1, options.WarmUpSteps));
        return risen * options.Decayed(options.LearningRate, steps);
    }

    /// <summary>The step's tensors, scored when first needed, and the gradients of single objectives on them.</summary>
    private sealed class StepGradients(PostTrainerParts parts, PolicyUpdate update, IReadOnlyList<Rollout> rollouts) : IObjectiveGradients
    {
        private RolloutTensors? tensors;

        public RolloutTensors Tensors => tensors ??= RolloutTensors.Score(rollouts, parts, parts.Transforms.Aggregate(ScoreOutputs.None, (all, transform) => all | transform.Needs));

        public double[,] Gram(IReadOnlyList<double[]> rewards, double maximumNorm, Func<string, bool>? selects = null) =>
            update.Gram(Tensors, [.. rewards.Select(reward => Table(parts.Credit.Assign(Tensors.ToCredit(reward), NoMetrics.Instance).Advantages, Tensors))], maximumNorm, selects);
    }

    private static Tensor Table(double[] values, RolloutTensors tensors) =>
        tensor(Array.ConvertAll(values, value => (float)value), [tensors.Tokens.Rows, tensors.Tokens.Length]);

    private void MeasureReference(RolloutTensors tensors, int rows, IMetricSink metrics)
    {
        if (tensors.Reference is not { } reference) { return; }
        var perResponse = Reductions.Sum(KullbackLeibler.Estimate(KlEstimator.K1, tensors.Old, reference), tensors.Mask).mean().ToDouble();
        metrics.Add("policy/kl", perResponse);
        if (adaptive is null) { return; }
        adaptive.Update(perResponse, rows);
        metrics.Add("policy/kl_coefficient", adaptive.Value);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Value(nameof(generatedTokens), ref generatedTokens);
        state.Part("model", parts.Model);
        if (parts.Reference is not null) { state.Part("reference", parts.Reference); }
        if (parts.Critic is not null) { state.Part("critic", parts.Critic); }
        state.Part("update", update);
        state.Part("prompts", parts.Prompts);
        state.Part("history", history);
        if (adaptive is not null) { state.Part("kl", adaptive); }
        foreach (var (name, part) in parts.Stateful()) { state.Part(name, part); }
    }

    /// <summary>Frees the optimiser, and the reference where it was made here; model and critic stay the caller's.</summary>
    public void Dispose()
    {
        update.Dispose();
        (parts.Credit as IDisposable)?.Dispose();
        if (parts.OwnsReference) { parts.Reference?.Dispose(); }
    }
}
