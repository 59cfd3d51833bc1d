using Bellman.Language;
using Bellman.Language.Tasks;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>Adds reinforcement mid-training to a post-training.</summary>
public static class ReinforcementMidTrainingMethod
{
    private const int PromptsAtOnce = 64;

    /// <summary>
    /// Makes documents of the prompts' questions and solutions, and trains on predicting their uncertain tokens after thinking: budget,
    /// curriculum, reward of hit and length, and next-token prediction on all other tokens. The rewards that are there are
    /// only measured from then on.
    /// </summary>
    /// <param name="builder">The builder, with a tokenizer.</param>
    /// <param name="options">Null for the paper's.</param>
    /// <exception cref="UsageException">An option is out of range; when built, if there is no tokenizer or the prompts are no questions with solutions.</exception>
    public static PostTraining AddReinforcementMidTraining(this PostTraining builder, ReinforcementMidTrainingOptions? options = null)
    {
        var chosen = OptionSet.Validated(options ?? new ReinforcementMidTrainingOptions(), "rmt");
        return Compatible(builder).WhenBuilt(built =>
        {
            var tokenizer = built.CurrentTokenizer ?? throw new UsageException("rmt makes documents of texts and needs the model's tokenizer. Give it with Tokenizer(...).");
            var form = ReasoningForm.For(tokenizer, chosen.Layout);
            built.WrapPrompts(inner =>
            {
                var (documents, ask) = Documents(inner, tokenizer, chosen.Documents);
                var source = new NextTokenSource(documents, () => NextTokenCorpus.Score(built.Model, tokenizer, documents, chosen), form, chosen, RandomStream.Create(0, "rmt"), ask);
                Follow(built, source, chosen);
                return source;
            });
            Reward(built, form, chosen);
        });
    }

    /// <summary>The same on a corpus of one's own, in place of prompts.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="source">The corpus.</param>
    /// <param name="form">How responses are taken apart.</param>
    /// <param name="options">Options; those of the source.</param>
    public static PostTraining AddReinforcementMidTraining(this PostTraining builder, NextTokenSource source, ReasoningForm form, ReinforcementMidTrainingOptions options) => Compatible(builder.Prompts(source)).WhenBuilt(built =>
    {
        Follow(built, source, options);
        Reward(built, form, options);
    });

    private static PostTraining Compatible(PostTraining builder) => builder.Uses("rmt",
        new MethodConflict("knowrl", "rmt asks for the next token of a text and knowrl for answers to questions, and each replaces the rewards that are there"),
        new MethodConflict("ghpo", "ghpo writes the beginning of a question's solution into its prompt, and the prompts of rmt are no questions"));

    private static void Follow(PostTraining builder, NextTokenSource source, ReinforcementMidTrainingOptions options)
    {
        builder.Observe(new StepEnd(source));
        if (options.NextTokenWeight > 0) { builder.Add(new NextTokenTerm(builder.Model, source, options.NextTokenWeight)); }
    }

    private static void Reward(PostTraining builder, ReasoningForm form, ReinforcementMidTrainingOptions options)
    {
        foreach (var (name, _) in builder.Rewards) { builder.Weigh(name, 0); }
        // r = (1 - w) r_match + w r_len
        var w = options.BudgetKind == BudgetKind.None ? 0 : options.LengthWeight;
        builder.Reward(new PredictionReward(form), 1 - w);
        if (w > 0) { builder.Reward(new ThinkingLengthReward(form, options.LengthShape, options.LengthOnlyIfHit), w); }
        // A hit passes, whatever its length.
        builder.Options(trainer => trainer with { PassThreshold = 1 - w - 1e-9 });
    }

    private static (IReadOnlyList<CorpusDocument> Documents, Func<string, int[]>? Ask) Documents(IPromptSource inner, ITokenizer tokenizer, int most)
    {
        var documents = new List<CorpusDocument>();
        var seen = new HashSet<string>();
        Func<string, int[]>? ask = null;
        for (var repeated = false; !repeated && documents.Count < most;)
        {
            foreach (var prompt in inner.Next(Math.Min(PromptsAtOnce, most - documents.Count), new GroupHistory()))
            {
                // Data that begin anew have all been seen.
                repeated |= !seen.Add(prompt.Id);
                if (repeated) { break; }
                ask ??= prompt.Encode;
                documents.Add(NextTokenCorpus.Of(prompt.Target as TextItem ?? throw new UsageException($"rmt makes documents of questions with solutions, and the target of prompt '{prompt.Id}' is {prompt.Target?.GetType().Name ?? "nothing"}. Give prompts of a task or a data file."), tokenizer));
            }
        }
        return (documents, ask);
    }
}
