using Bellman.Language;
using Bellman.Language.Tasks.Symbols;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>
/// "ShortMarkedMap": four symbols, 1 to 3 of them hard, are answered by fillers, perhaps a mark, and the four images. Fillers help the taught base to get
/// hard images right, so accuracy and brevity pull apart; the mark is the form.
/// </summary>
public static class MarkedMap
{
    /// <summary>Symbols of a question.</summary>
    public const int Length = 4;

    /// <summary>Most tokens of a response.</summary>
    public const int MaximumTokens = 17;

    /// <summary>The fillers without which a trap's answer does not count.</summary>
    public const int TrapFillers = 5;

    private const int MostFillers = 10;
    private const double MeanFillers = 4, MarkShare = 0.3;

    /// <summary>A question.</summary>
    public static PromptItem Draw(RandomStream random)
    {
        var question = SymbolMap.Question(Length, 1 + random.NextInt32(3), random);
        return new PromptItem(question, SmallBase.Tokenizer.Encode($">{question}=")) { Text = question };
    }

    /// <summary>A question and a response as the base is taught them.</summary>
    public static (string Prompt, string Response) Demonstration(RandomStream random)
    {
        var question = SymbolMap.Question(Length, 1 + random.NextInt32(3), random);
        var fillers = (int)Math.Min(MostFillers, -MeanFillers * Math.Log(1 - random.NextDouble()));
        var mark = random.NextBoolean(MarkShare) ? "#" : "";
        return ($">{question}=", new string('.', fillers) + mark + SymbolMap.NoisyImages(question, new SymbolNoise(Math.Min(0.9, 0.25 + 0.08 * fillers), 0), random));
    }

    /// <summary>Whether the images, without dots and marks, are right.</summary>
    public static bool IsRight(string question, string response) => response.Replace(".", "", StringComparison.Ordinal).Replace("#", "", StringComparison.Ordinal) == SymbolMap.Images(question);

    /// <summary>Whether there is exactly one mark, right after the leading fillers.</summary>
    public static bool IsClear(string response) => response.Count(letter => letter == '#') == 1 && response.TrimStart('.').StartsWith('#');

    /// <summary>1 for right images and an end; a trap asks for fillers as well.</summary>
    public static IReward Accuracy(bool trap = false) => new FunctionReward("accuracy", rollout =>
        rollout.Ended && IsRight(rollout.Prompt.Text, rollout.Text) && (!trap || rollout.Text.Count(letter => letter == '.') >= TrapFillers) ? 1 : 0);

    /// <summary>1 for the form.</summary>
    public static IReward Clarity { get; } = new FunctionReward("clarity", rollout => IsClear(rollout.Text) ? 1 : 0);
}
