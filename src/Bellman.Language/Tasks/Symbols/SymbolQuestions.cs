namespace Bellman.Language.Tasks.Symbols;

/// <summary>
/// "SymbolMap" as a task: six symbols, of which some are hard, answered by their six images. The prompt is
/// <c>HHHHHH&gt;XXXXXX=</c>; the field before the question holds a hint, padded with underscores, so that nothing else moves when there is one.
/// </summary>
public static class SymbolQuestions
{
    /// <summary>Symbols of a question, and characters of the hint's field.</summary>
    public const int Length = 6;

    /// <summary>Most tokens of a response: more than six images and the end token is wrong anyway.</summary>
    public const int MaximumTokens = 8;

    /// <summary>The prompt's text.</summary>
    public static string Text(string question, string hint = "") => $"{hint.PadRight(Length, '_')}>{question}=";

    /// <summary>The prompt; its <see cref="PromptItem.Text"/> is the question alone.</summary>
    public static PromptItem Prompt(string question) => new(question, SmallBase.Tokenizer.Encode(Text(question))) { Text = question, Target = SymbolMap.Images(question) };

    /// <summary>Whether a response is the question's images and nothing else.</summary>
    public static bool IsRight(PromptItem prompt, string response) => response == SymbolMap.Images(prompt.Text);

    /// <summary>1 for a right response that ended by itself.</summary>
    public static IReward Reward { get; } = new FunctionReward("right", rollout => rollout.Finish == FinishReason.EndToken && IsRight(rollout.Prompt, rollout.Text) ? 1 : 0);

    /// <summary>A question of 0 to 6 hard symbols and a bad teacher's answer.</summary>
    /// <param name="noise">How the teacher errs.</param>
    /// <param name="random">Draws both.</param>
    /// <param name="hintShare">How often the hint's field holds the first 1 to 5 characters of the same answer.</param>
    public static (string Prompt, string Response) Demonstration(SymbolNoise noise, RandomStream random, double hintShare = 0)
    {
        var question = SymbolMap.Question(Length, random.NextInt32(Length + 1), random);
        var answer = SymbolMap.NoisyImages(question, noise, random);
        var hint = hintShare > 0 && random.NextBoolean(hintShare) ? answer[..(1 + random.NextInt32(Length - 1))] : "";
        return (Text(question, hint), answer);
    }
}
