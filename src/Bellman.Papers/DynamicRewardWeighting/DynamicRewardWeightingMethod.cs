using Bellman.Language;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>One number of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Maximise">Whether more is better.</param>
/// <param name="Measure">The number, from the validation responses.</param>
public sealed record ValidationObjective(string Name, bool Maximise, Func<IReadOnlyList<Rollout>, RewardContext, double> Measure);

/// <summary>Measures a policy on prompts kept for it, with draws of their own: the same ones at every checkpoint, none from training's streams.</summary>
/// <param name="prompts">Asked when first needed.</param>
/// <param name="samples">Responses to each.</param>
/// <param name="objectives">What is measured.</param>
public sealed class ObjectiveValidation(Func<IReadOnlyList<PromptItem>> prompts, int samples, IReadOnlyList<ValidationObjective> objectives)
{
    /// <summary>Each objective's orientation.</summary>
    public IReadOnlyList<bool> Maximise { get; } = [.. objectives.Select(objective => objective.Maximise)];

    /// <summary>The validation vector of the policy as it is.</summary>
    public double[] Measure(RewardContext context)
    {
        var (asked, random) = (prompts(), RandomStream.Create(0, "validation"));
        var drawn = context.Sampler.Sample([.. asked.Select((prompt, i) => new SamplingPrompt(prompt.Tokens, samples, random.Child("prompt", i)))], context.Sampling ?? new SamplingOptions(), context.Cancellation);
        var rollouts = asked.SelectMany((prompt, i) => drawn[i].Select((completion, sample) => new Rollout
        {
            Prompt = prompt,
            Context = prompt.Tokens,
            Tokens = completion.Tokens,
            Mask = [.. completion.Tokens.Select(_ => true)],
            LogProbabilities = completion.LogProbabilities,
            Finish = completion.Finish,
            Group = i,
            Sample = sample,
            Text = context.Tokenizer?.Decode(completion.Tokens) ?? string.Join(' ', completion.Tokens),
        })).ToList();
        return [.. objectives.Select(objective => objective.Measure(rollouts, context))];
    }

    /// <summary>The mean of a reward; for conciseness, whose mean moves with training, the mean length, to be minimised.</summary>
    public static ValidationObjective Of(IReward reward) => reward is ConcisenessReward
        ? new(reward.Name, Maximise: false, (rollouts, _) => rollouts.Average(rollout => rollout.OwnTokens))
        : new(reward.Name, Maximise: true, (rollouts, context) => reward.Score(rollouts, context).Responses.Average() ?? double.NaN);
}

/// <summary>Adds dynamic reward weighting to a post-training.</summary>
public static class DynamicRewardWeightingMethod
{
    /// <summary>
    /// Weighs the rewards that are there anew in every step. Beside a single one (accuracy) it adds the paper's conciseness and clarity, whose own weight is 0.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="options">Null for gradient-based weights.</param>
    /// <param name="validation">For the hypervolume rule; null keeps prompts from the beginning of the source, which a short list shares with training.</param>
    /// <exception cref="UsageException">When built: options out of range, or not fitting the rewards.</exception>
    public static PostTraining AddDynamicRewardWeighting(this PostTraining builder, DynamicRewardWeightingOptions? options = null, ObjectiveValidation? validation = null)
    {
        var chosen = OptionSet.Validated(options ?? new DynamicRewardWeightingOptions(), $"method {RewardWeighting.Key}");
        const string Because = "each decides what the rewards are";
        return builder.Uses(RewardWeighting.Key, new MethodConflict("knowrl", Because), new MethodConflict("rmt", Because)).WhenBuilt(built =>
        {
            if (built.Rewards.Count == 1) { built.Reward(new ConcisenessReward(), 0).Reward(new ClarityReward(), 0); }
            var weighting = new RewardWeighting(chosen, built.Rewards, validation ?? (chosen.Rule == WeightRule.Hypervolume && chosen.ValidationPrompts > 0 ? Kept(built, chosen) : null));
            built.Augment(weighting);
            if (chosen.Rule == WeightRule.Hypervolume) { built.Transform(weighting); }
        });
    }

    private static ObjectiveValidation Kept(PostTraining built, DynamicRewardWeightingOptions options)
    {
        IReadOnlyList<PromptItem> prompts = [];
        built.WrapPrompts(source =>
        {
            prompts = source.Next(options.ValidationPrompts, new GroupHistory());
            return source;
        });
        return new ObjectiveValidation(() => prompts, options.ValidationSamples, [.. built.Rewards.Select(reward => ObjectiveValidation.Of(built.RewardNamed(reward.Name)))]);
    }
}
