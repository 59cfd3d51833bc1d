using Bellman.Language;
using Bellman.Language.Tasks;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.GuidedHybridPolicyOptimization;

/// <summary>Where hints come from and how they are written into a prompt.</summary>
/// <param name="Solution">The reference solution of a prompt; null or empty where there is none.</param>
/// <param name="Answer">The answer alone, to tell when a hint gives it away; null where that is not known.</param>
/// <param name="Write">The prompt with a hint as tokens.</param>
public sealed record HintWriter(Func<PromptItem, string?> Solution, Func<PromptItem, string?> Answer, Func<PromptItem, string, int[]> Write)
{
    /// <summary>For prompts whose target is a <see cref="TextItem"/>: its solution, written by the template and encoded as the prompt itself was.</summary>
    /// <param name="template">With <c>{question}</c> and <c>{hint}</c>.</param>
    /// <param name="tokenizer">For prompts that do not say how they were encoded.</param>
    public static HintWriter ForItems(string template, ITokenizer? tokenizer) => new(
        prompt => (prompt.Target as TextItem)?.Solution,
        prompt => (prompt.Target as TextItem)?.Answer,
        (prompt, hint) =>
        {
            var encode = PromptText.EncoderOf(prompt, tokenizer, "hint");
            var text = template.Replace(GuidedHybridPolicyOptimizationOptions.QuestionSlot, prompt.Text, StringComparison.Ordinal).Replace(GuidedHybridPolicyOptimizationOptions.HintSlot, hint, StringComparison.Ordinal);
            // Only our own sentence may be left out; a template that was asked for is kept or refused.
            return template == GuidedHybridPolicyOptimizationOptions.UsualTemplate ? PromptText.Encode(encode, text, hint + prompt.Text) : encode(text);
        });

    /// <summary>s[0 : round(|s| omega)], rounding half to even: the first characters of a solution.</summary>
    public static string Beginning(string solution, double share)
    {
        var length = (int)Math.Round(solution.Length * share, MidpointRounding.ToEven);
        // Half a surrogate pair is no character.
        return length > 0 && length < solution.Length && char.IsHighSurrogate(solution[length - 1]) ? solution[..(length - 1)] : solution[..length];
    }
}
