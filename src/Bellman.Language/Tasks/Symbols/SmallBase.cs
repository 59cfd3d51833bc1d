using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Bellman.Language.Tokenizers;

namespace Bellman.Language.Tasks.Symbols;

/// <summary>
/// The base model of the papers' small tasks: a transformer of 2 layers, width 64 and 0.1 million parameters, over characters,
/// taught by next-token loss on the responses of demonstrations. It starts RL able but often wrong, as large base models do.
/// </summary>
public static class SmallBase
{
    private const int Batch = 48;
    private const long WarmUp = 50;
    private const double LearningRate = 3e-3;

    // Cells of one reproduction share the base of a seed.
    private static readonly ConcurrentDictionary<string, JsonObject> Taught = new();

    /// <summary>One token a character of <see cref="SymbolMap.Alphabet"/>.</summary>
    public static CharacterTokenizer Tokenizer { get; } = new(SymbolMap.Alphabet);

    /// <summary>A model that has learned nothing.</summary>
    /// <param name="random">Draws its weights.</param>
    /// <param name="contextLength">Most tokens of prompt and response together.</param>
    /// <param name="tokenizer">Another alphabet; null for the usual one.</param>
    public static Transformer Create(RandomStream random, int contextLength = 96, ITokenizer? tokenizer = null) => Transformer.Create(new TransformerConfiguration
    {
        VocabularySize = (tokenizer ?? Tokenizer).VocabularySize,
        HiddenSize = 64,
        IntermediateSize = 168,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 4,
        ContextLength = contextLength,
        TiedEmbeddings = false,
        EndTokens = (tokenizer ?? Tokenizer).EndTokens,
        InitialDeviation = 0.08,
    }, random);

    /// <summary>Teaches demonstrations drawn anew in every step: batches of 48, AdamW at 3e-3 with warm-up and a cosine down to 5%.</summary>
    /// <param name="model">Taught in place.</param>
    /// <param name="demonstration">Draws a prompt and a response without its end token.</param>
    /// <param name="steps">Optimiser steps, more than 50 unless a smoke run.</param>
    /// <param name="random">Draws the demonstrations.</param>
    /// <param name="tokenizer">Another alphabet; null for the usual one.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static void Teach(Transformer model, Func<RandomStream, (string Prompt, string Response)> demonstration, int steps, RandomStream random,
        ITokenizer? tokenizer = null, CancellationToken cancellation = default)
    {
        var letters = tokenizer ?? Tokenizer;
        var examples = new TokenExample[steps * Batch];
        for (var i = 0; i < examples.Length; i++)
        {
            var (prompt, response) = demonstration(random);
            examples[i] = new TokenExample(letters.Encode(prompt), [.. letters.Encode(response), letters.EndTokens[0]]);
        }
        using var trainer = new ImitationTrainer(model, examples, new OfflineTrainingOptions { BatchSize = Batch, LearningRate = LearningRate, SecondMoment = 0.98 }, random.NextUInt64())
        {
            Schedule = new CosineSchedule(LearningRate, 0.05 * LearningRate, Math.Min(WarmUp, steps / 4), steps),
        };
        trainer.Run(steps, cancellation: cancellation);
    }

    /// <summary>
    /// The taught model of a name and seed, taught when first asked for and copied from then on. Whoever calls it beside other
    /// threads holds <see cref="TorchTurn"/>.
    /// </summary>
    /// <param name="name">Names the task and everything its teaching depends on, the steps apart.</param>
    /// <param name="seed">Seed of weights and demonstrations.</param>
    /// <param name="steps">Teaching steps.</param>
    /// <param name="demonstration">Draws a prompt and a response without its end token.</param>
    /// <param name="contextLength">Most tokens of prompt and response together.</param>
    /// <param name="tokenizer">Another alphabet; null for the usual one.</param>
    /// <param name="cancellation">Stops the teaching.</param>
    public static Transformer Get(string name, ulong seed, int steps, Func<RandomStream, (string Prompt, string Response)> demonstration,
        int contextLength = 96, ITokenizer? tokenizer = null, CancellationToken cancellation = default)
    {
        using var turn = TorchTurn.Take();
        var random = RandomStream.Create(seed, $"base/{name}");
        var model = Create(random.Child("weights"), contextLength, tokenizer);
        var key = $"{name}/{seed}/{steps}";
        if (Taught.TryGetValue(key, out var state))
        {
            JsonState.Load(model, state);
            return model;
        }
        Teach(model, demonstration, steps, random.Child("demonstrations"), tokenizer, cancellation);
        Taught[key] = JsonState.Save(model);
        return model;
    }
}
