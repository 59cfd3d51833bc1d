using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How V-STaR goes.</summary>
public sealed record VStarOptions
{
    /// <summary>Rounds of sampling and fine-tuning.</summary>
    [Description("Rounds of sampling and fine-tuning; each adds its right and wrong answers to those of the rounds before.")]
    [Range(1, 10_000)]
    public int Rounds { get; init; } = 3;

    /// <summary>Responses to each prompt.</summary>
    [Description("Responses to each prompt and round.")]
    [Range(2, 100_000)]
    public int Samples { get; init; } = 16;

    /// <summary>Score of a right answer.</summary>
    [Description("Scores from which an answer counts as right.")]
    [Range(-1e9, 1e9)]
    public double Threshold { get; init; } = 1;

    /// <summary>Optimiser steps of the generator, a round.</summary>
    [Description("Optimiser steps of the generator in a round.")]
    [Range(1, 10_000_000)]
    public int Steps { get; init; } = 60;

    /// <summary>Pairs of a right and a wrong answer, a prompt.</summary>
    [Description("Pairs of a right and a wrong answer to each prompt that the verifier learns from.")]
    [Range(1, 100_000)]
    public int Pairs { get; init; } = 8;

    /// <summary>Optimiser steps of the verifier.</summary>
    [Description("Optimiser steps of the verifier, after the rounds.")]
    [Range(1, 10_000_000)]
    public int VerifierSteps { get; init; } = 60;

    /// <summary>beta of the verifier's DPO.</summary>
    [Description("Weight of the reference in the verifier's preference loss.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;
}

/// <summary>
/// V-STaR (Hosseini et al. 2024): STaR throws wrong answers away; here they train a verifier. Every round fine-tunes the generator from the base
/// on all right answers so far; at the end DPO on pairs of right and wrong answers, begun at the base, gives a verifier, and the answer that it
/// finds likeliest is chosen among several.
/// </summary>
public sealed class VStarRecipe
{
    private readonly VStarOptions options;
    private readonly OfflineTrainingOptions training;

    /// <summary>A recipe.</summary>
    /// <param name="options">How it goes.</param>
    /// <param name="training">How generator and verifier are trained.</param>
    public VStarRecipe(VStarOptions options, OfflineTrainingOptions training) => (this.options, this.training) = (OptionSet.Validated(options, "V-STaR"), training);

    /// <summary>Improves <paramref name="model"/>, the generator, and makes a verifier.</summary>
    /// <returns>The verifier, which the caller disposes.</returns>
    /// <exception cref="UsageException">No answer was right, or none was wrong.</exception>
    public ILanguageModel Run(ILanguageModel model, ISampler sampler, IReadOnlyList<PromptItem> prompts, Func<PromptItem, Completion, double> score, SamplingOptions sampling, RandomStream random, IMetricSink? metrics = null, CancellationToken cancellation = default)
    {
        var verifier = model.Copy();
        var isWhole = false;
        try
        {
            var start = JsonState.Save(model);
            var pools = new List<ResponsePool>();
            for (var round = 0; round < options.Rounds; round++)
            {
                var stream = random.Child("round", round);
                pools.Add(ResponsePool.Draw(sampler, prompts, options.Samples, score, sampling, stream.Child("samples"), cancellation));
                var right = pools.SelectMany(pool => pool.Accepted(options.Threshold)).DistinctBy(example => (string.Join(',', example.Prompt), string.Join(',', example.Response))).ToList();
                metrics?.Add("recipe/right", right.Count);
                JsonState.Load(model, start);
                using var generator = new ImitationTrainer(model, right, training, stream.NextUInt64());
                generator.Run(options.Steps, metrics, cancellation);
            }
            var pairs = pools.SelectMany((pool, round) => pool.Pairs(options.Pairs, random.Child("pairs", round))).ToList();
            if (pairs.Count == 0) { throw new UsageException("No prompt has a right answer beside a wrong one, so a verifier has nothing to tell apart. Draw more samples, or choose other prompts."); }
            using var trainer = new PreferenceTrainer(verifier, pairs, new DpoLoss { Beta = options.Beta }, training, seed: random.Child("verifier").NextUInt64());
            trainer.Run(options.VerifierSteps, metrics, cancellation);
            isWhole = true;
            return verifier;
        }
        finally
        {
            if (!isWhole) { verifier.Dispose(); }
        }
    }

    /// <summary>The answer to each prompt that the verifier finds likeliest among <paramref name="samples"/>.</summary>
    public static IReadOnlyList<Completion> Answer(ILanguageModel verifier, ISampler sampler, IReadOnlyList<PromptItem> prompts, int samples, SamplingOptions sampling, RandomStream random, CancellationToken cancellation = default)
    {
        var drawn = sampler.Sample([.. prompts.Select((prompt, i) => new SamplingPrompt(prompt.Tokens, samples, random.Child("prompt", i)))], sampling, cancellation);
        return [.. prompts.Select((prompt, i) =>
        {
            var scores = RewardContext.LogProbabilities(verifier, [.. drawn[i].Select(response => new TokenExample(prompt.Tokens, response.Tokens))]);
            return drawn[i][Math.Max(0, BestOfN.Choose(scores))];
        })];
    }
}
