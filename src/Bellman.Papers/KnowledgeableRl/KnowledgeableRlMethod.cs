using Bellman.Language;
using Bellman.Language.Tasks;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>Adds KnowRL to a post-training.</summary>
public static class KnowledgeableRlMethod
{
    /// <summary>
    /// Rewards form, correctness with honest refusals, and the supported facts of the thinking, in place of the rewards that are
    /// there, which are only measured from then on. Prompts whose targets are a task's items ask for thinking and answer in tags where the
    /// tokenizer can write them.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="options">Null for the paper's.</param>
    /// <param name="parts">Judge, extractor, retriever and verifier; null for rules.</param>
    /// <exception cref="UsageException">An option is out of range, or two do not fit together.</exception>
    public static PostTraining AddKnowledgeableRl(this PostTraining builder, KnowledgeableRlOptions? options = null, KnowledgeableParts? parts = null)
    {
        var chosen = OptionSet.Validated(options ?? new KnowledgeableRlOptions(), "knowrl");
        return builder.Uses("knowrl").WhenBuilt(built =>
        {
            foreach (var (name, _) in built.Rewards) { built.Weigh(name, 0); }
            var tags = chosen.Layout == ResponseLayout.Tags || (chosen.Layout == ResponseLayout.Automatic && parts?.Form is null && CanWriteTags(built.CurrentTokenizer));
            if (tags && built.CurrentTokenizer is { } tokenizer) { built.WrapPrompts(source => new MappedPromptSource(source, prompt => Asking(prompt, tokenizer))); }
            built.Reward(new KnowledgeableReward(chosen, parts?.Form ?? (tags ? new TaggedForm() : new TaskForm()), parts));
            // Only a correct answer in the right form passes.
            built.Options(trainer => trainer with { PassThreshold = chosen.RewardCorrect * chosen.CorrectWeight + chosen.RewardFormat });
        });
    }

    private static bool CanWriteTags(ITokenizer? tokenizer)
    {
        try
        {
            return tokenizer is not null && tokenizer.Encode(TaggedForm.Instruction + "</think></answer>").Length > 0;
        }
        catch (UsageException)
        {
            return false;
        }
    }

    private static PromptItem Asking(PromptItem prompt, ITokenizer tokenizer)
    {
        if (prompt.Target is not TextItem item) { return prompt; }
        var text = $"{TaggedForm.Instruction}\n\n{item.Question.Trim()}\n";
        return prompt with { Tokens = prompt.Encode?.Invoke(text) ?? tokenizer.Encode(text), Text = text };
    }
}
