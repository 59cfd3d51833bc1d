using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How a filter recipe goes.</summary>
public sealed record FilterRecipeOptions
{
    /// <summary>Rounds of sampling and fine-tuning.</summary>
    [Description("Rounds of sampling and fine-tuning: 1 is rejection-sampling fine-tuning, more is expert iteration.")]
    [Range(1, 10_000)]
    public int Rounds { get; init; } = 1;

    /// <summary>Responses to each prompt.</summary>
    [Description("Responses to each prompt and round.")]
    [Range(1, 100_000)]
    public int Samples { get; init; } = 16;

    /// <summary>Optimiser steps a round.</summary>
    [Description("Optimiser steps of a round.")]
    [Range(1, 10_000_000)]
    public int Steps { get; init; } = 60;

    /// <summary>Scores from which responses are kept, one a round; the last one goes on.</summary>
    [Description("Scores from which responses are kept, one a round; ReST raises them. The last one goes on.")]
    public double[] Thresholds { get; init; } = [1];

    /// <summary>Whether every round fine-tunes from the model as it was at the start.</summary>
    [Description("Fine-tune from the starting model in every round (STaR), instead of going on from the last.")]
    public bool FromBase { get; init; }

    /// <summary>Whether equal responses to a prompt count once.</summary>
    [Description("Count equal responses to a prompt once.")]
    public bool Distinct { get; init; } = true;
}

/// <summary>
/// Sample, score, select, imitate, again: rejection-sampling fine-tuning (one round), RAFT and expert iteration (rounds from the
/// present policy), ReST (rising thresholds), STaR (every round from the base, prompts that failed rationalised by a hint that is
/// left out of the training text).
/// </summary>
public sealed class FilterRecipe
{
    private readonly FilterRecipeOptions options;
    private readonly OfflineTrainingOptions training;

    /// <summary>A recipe.</summary>
    public FilterRecipe(FilterRecipeOptions options, OfflineTrainingOptions training) => (this.options, this.training) = (OptionSet.Validated(options, "the filter recipe"), training);

    /// <summary>
    /// For prompts of which no response was kept: a response found with a hint (STaR's rationalisation), or null. The hint is not part
    /// of what is learned.
    /// </summary>
    public Func<PromptItem, RandomStream, int[]?>? Rationalise { get; init; }

    /// <summary>Tokens drawn so far.</summary>
    public long GeneratedTokens { get; private set; }

    /// <summary>Optimiser steps taken so far.</summary>
    public long OptimizerSteps { get; private set; }

    /// <summary>Improves <paramref name="model"/>.</summary>
    /// <exception cref="UsageException">A round kept nothing.</exception>
    public void Run(ILanguageModel model, ISampler sampler, IReadOnlyList<PromptItem> prompts, Func<PromptItem, Completion, double> score, SamplingOptions sampling, RandomStream random, IMetricSink? metrics = null, CancellationToken cancellation = default)
    {
        var start = options.FromBase ? JsonState.Save(model) : null;
        for (var round = 0; round < options.Rounds; round++)
        {
            var stream = random.Child("round", round);
            var pool = ResponsePool.Draw(sampler, prompts, options.Samples, score, sampling, stream.Child("samples"), cancellation);
            GeneratedTokens += pool.Tokens;
            var threshold = options.Thresholds[Math.Min(round, options.Thresholds.Length - 1)];
            var kept = pool.Accepted(threshold, options.Distinct).ToList();
            metrics?.Add("recipe/kept", kept.Count / (double)(prompts.Count * options.Samples));
            if (Rationalise is not null) { kept.AddRange(Rationalised(pool, threshold, stream.Child("hints"))); }
            if (start is not null) { JsonState.Load(model, start); }
            using var trainer = new ImitationTrainer(model, kept, training, stream.NextUInt64());
            trainer.Run(options.Steps, metrics, cancellation);
            OptimizerSteps += options.Steps;
        }
    }

    private IEnumerable<TokenExample> Rationalised(ResponsePool pool, double threshold, RandomStream random)
    {
        foreach (var (group, i) in pool.Groups.Select((group, i) => (group, i)).Where(entry => !entry.group.Scores.Any(score => score >= threshold)))
        {
            if (Rationalise?.Invoke(group.Prompt, random.Child("prompt", i)) is { Length: > 0 } response) { yield return new TokenExample(group.Prompt.Tokens, response); }
        }
    }
}
