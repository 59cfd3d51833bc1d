using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How a self-play recipe goes.</summary>
public sealed record SelfPlayOptions
{
    /// <summary>Rounds of sampling and preference training.</summary>
    [Description("Rounds of sampling and preference training; the opponent is the last round's policy.")]
    [Range(1, 10_000)]
    public int Rounds { get; init; } = 4;

    /// <summary>Responses to each prompt.</summary>
    [Description("Responses to each prompt and round.")]
    [Range(1, 100_000)]
    public int Samples { get; init; } = 8;

    /// <summary>Optimiser steps a round.</summary>
    [Description("Optimiser steps of a round.")]
    [Range(1, 10_000_000)]
    public int Steps { get; init; } = 25;

    /// <summary>Key of the preference loss.</summary>
    [Description("Key of the preference loss: pref.spin, pref.dpo (online DPO, self-rewarding), pref.sppo, pref.xpo, ...")]
    public string Loss { get; init; } = "pref.dpo";
}

/// <summary>
/// Preference training against oneself, round by round, the reference being the policy at the round's start: SPIN (demonstrations are
/// chosen over own responses), online DPO and self-rewarding (a judge scores own responses; best against worst), SPPO and XPO with
/// their losses.
/// </summary>
public sealed class SelfPlayRecipe
{
    private readonly SelfPlayOptions options;
    private readonly OfflineTrainingOptions training;
    private readonly IReadOnlyList<KeyValuePair<string, string>> lossOptions;

    /// <summary>A recipe; <paramref name="lossOptions"/> are those of the loss.</summary>
    public SelfPlayRecipe(SelfPlayOptions options, OfflineTrainingOptions training, params IReadOnlyList<KeyValuePair<string, string>> lossOptions) =>
        (this.options, this.training, this.lossOptions) = (OptionSet.Validated(options, "the self-play recipe"), training, lossOptions);

    /// <summary>Tokens drawn so far.</summary>
    public long GeneratedTokens { get; private set; }

    /// <summary>Demonstrations beat own responses (SPIN).</summary>
    public void AgainstDemonstrations(ILanguageModel model, ISampler sampler, IReadOnlyList<PromptItem> prompts, Func<PromptItem, int[]> demonstration, SamplingOptions sampling, RandomStream random, IMetricSink? metrics = null, CancellationToken cancellation = default) =>
        Rounds(model, sampler, prompts, (_, _) => 0, sampling, random, pool => [.. pool.Groups.SelectMany(group => group.Responses
            .Where(response => response.Tokens.Length > 0)
            .Select(response => new PreferenceExample(group.Prompt.Tokens, demonstration(group.Prompt), response.Tokens))
            .Where(pair => !pair.Chosen.AsSpan().SequenceEqual(pair.Rejected)))], metrics, cancellation);

    /// <summary>The judge's best response beats its worst (online DPO, self-rewarding).</summary>
    public void ByJudge(ILanguageModel model, ISampler sampler, IReadOnlyList<PromptItem> prompts, Func<PromptItem, Completion, double> judge, SamplingOptions sampling, RandomStream random, IMetricSink? metrics = null, CancellationToken cancellation = default) =>
        Rounds(model, sampler, prompts, judge, sampling, random, pool => pool.BestAndWorst(), metrics, cancellation);

    private void Rounds(ILanguageModel model, ISampler sampler, IReadOnlyList<PromptItem> prompts, Func<PromptItem, Completion, double> score, SamplingOptions sampling, RandomStream random,
        Func<ResponsePool, IReadOnlyList<PreferenceExample>> select, IMetricSink? metrics, CancellationToken cancellation)
    {
        for (var round = 0; round < options.Rounds; round++)
        {
            var stream = random.Child("round", round);
            var pool = ResponsePool.Draw(sampler, prompts, options.Samples, score, sampling, stream.Child("samples"), cancellation);
            GeneratedTokens += pool.Tokens;
            var pairs = select(pool);
            metrics?.Add("recipe/pairs", pairs.Count);
            // Nothing is preferred to anything any more: the recipe has converged.
            if (pairs.Count == 0) { return; }
            using var trainer = new PreferenceTrainer(model, pairs, ComponentRegistry.Create<PreferenceLoss>(options.Loss, lossOptions), training, seed: stream.NextUInt64());
            trainer.Run(options.Steps, metrics, cancellation);
        }
    }
}
