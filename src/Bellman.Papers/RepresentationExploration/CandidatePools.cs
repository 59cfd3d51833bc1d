using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Language.Tasks.Symbols;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>
/// The inference part: a base that repeats a few wrong answers (images of hard symbols are taught right with probability .12, as the distractor
/// with .86), 64 candidates a question, and the order in which a verifier is asked.
/// </summary>
internal sealed class CandidatePools(int prompts, int candidates, int teachingSteps)
{
    private const int Symbols = 6;
    private const int Tried = 4;
    private const int Context = 24;
    private const double HighTemperature = 1.6;

    private static readonly SymbolNoise Collapsed = new(Correct: 0.12, Distractor: 0.86);
    private static readonly SymbolNoise Unstructured = new(Correct: 0.15, Distractor: 0.35);

    /// <summary>Ranks the pools of an arm.</summary>
    public Dictionary<string, double> Measure(string arm, ulong seed, CellContext context)
    {
        var noisy = arm.EndsWith("-noise", StringComparison.Ordinal);
        using var model = SmallBase.Get(noisy ? "repexp-noise" : "repexp-collapsed", seed, teachingSteps, random => Demonstration(noisy ? Unstructured : Collapsed, random), Context, cancellation: context.Cancellation);
        // The same questions and draws in every arm.
        var random = context.Random.Child("pools");
        var questions = Enumerable.Range(0, prompts).Select(i => SymbolMap.Question(Symbols, noisy ? 1 + i % 2 : 2, random.Child("question", i))).ToList();
        var temperature = arm == "random-high-temperature" ? HighTemperature : 1;
        var pools = new LocalSampler(model, SmallBase.Tokenizer).Sample(
            [.. questions.Select((question, i) => new SamplingPrompt(SmallBase.Tokenizer.Encode(Prompt(question)), candidates, random.Child("pool", i)))],
            new SamplingOptions { MaximumNewTokens = Symbols + 2, Temperature = temperature }, context.Cancellation);
        var (tried, needed, solvable) = (0.0, 0.0, 0.0);
        for (var i = 0; i < prompts; i++)
        {
            var right = pools[i].Select(response => SmallBase.Tokenizer.Decode(response.Tokens) == SymbolMap.Images(questions[i])).ToList();
            var correct = right.Count(flag => flag);
            solvable += correct > 0 ? 1.0 / prompts : 0;
            var (pass, calls) = Order(arm, model, SmallBase.Tokenizer.Encode(Prompt(questions[i])), pools[i]) is { } order
                ? (order.Take(Tried).Any(index => right[index]) ? 1 : 0, Pool.SamplesToCorrect(order, right))
                : (PassAtK.Estimate(candidates, correct, Tried), Pool.ExpectedSamplesToCorrect(candidates, correct));
            tried += pass / prompts;
            needed += calls / prompts;
        }
        return new Dictionary<string, double> { ["chosen-pass4"] = tried, ["samples-to-correct"] = needed, ["solvable"] = solvable };
    }

    /// <summary>The arm's order; null for a random one, whose expectation is known exactly.</summary>
    private static IReadOnlyList<int>? Order(string arm, Transformer model, int[] prompt, IReadOnlyList<Completion> pool)
    {
        if (arm.StartsWith("random", StringComparison.Ordinal)) { return null; }
        var pooling = arm == "coreset-last-token" ? FeaturePooling.Last : FeaturePooling.Mean;
        var features = ResponseFeatures.Of(model, [.. pool.Select(response => (prompt, response.Tokens, Array.ConvertAll(response.Tokens, _ => true)))], pooling)
            .Select(vector => Array.ConvertAll(vector, value => (double)value)).ToList();
        ICandidateSelector selector = arm == "farthest-point" ? new FarthestPointOrder() : new EllipticalCoreset(centre: arm != "coreset-uncentred");
        return selector.Order(features, features.Count);
    }

    private static (string Prompt, string Response) Demonstration(SymbolNoise noise, RandomStream random)
    {
        var question = SymbolMap.Question(Symbols, random.NextInt32(Symbols + 1), random);
        return (Prompt(question), SymbolMap.NoisyImages(question, noise, random));
    }

    // The blanks are the room that other tasks on these symbols give a hint.
    private static string Prompt(string question) => $"{new string('_', Symbols)}>{question}=";
}
