using TorchSharp;

namespace Bellman.Language;

/// <summary>What computes a transformer: scores for training, decoders for sampling.</summary>
internal interface ITransformerEngine : IDisposable
{
    /// <summary>As <see cref="Transformer.Score(TokenBatch, double, ScoreOutputs)"/>; with embeddings [rows, length, hidden] in place of the tokens' own when given.</summary>
    TokenScores Score(TokenBatch batch, torch.Tensor? embeddings, double temperature, ScoreOutputs outputs);

    /// <summary>Decoders that may run at the same time, each by one thread, over the weights as they are now.</summary>
    /// <param name="sequences">How many sequences there are to decode.</param>
    /// <param name="prompt">The longest prompt.</param>
    /// <param name="fresh">The most new tokens of a sequence.</param>
    IReadOnlyList<IDecoder> CreateDecoders(int sequences, int prompt, int fresh);
}

/// <summary>
/// Computes next-token logits for sequences that grow a token at a time, keeping keys and values. A sequence lives in a
/// slot; its logits do not depend on what the other slots hold.
/// </summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Sequences that can be decoded at once.</summary>
    int Slots { get; }

    /// <summary>Computes a prompt, once for all of its responses and all decoders of the same call.</summary>
    IPromptCache Prefill(ReadOnlySpan<int> tokens);

    /// <summary>Begins a sequence in a slot, after a prompt; what the slot held before is forgotten.</summary>
    void Attach(int slot, IPromptCache prompt);

    /// <summary>Appends one token to each of some sequences.</summary>
    /// <param name="slots">Different slots with a prompt.</param>
    /// <param name="tokens">A token each.</param>
    /// <param name="logits">[slots, vocabulary]: what follows.</param>
    void Step(ReadOnlySpan<int> slots, ReadOnlySpan<int> tokens, Span<float> logits);

    /// <summary>[hidden]: the hidden state, after the final norm, that gave the logits of a row of the last step.</summary>
    ReadOnlySpan<float> Hidden(int row);
}

/// <summary>A decoder that can also draw where it computes, so that a token leaves the device and not the logits of a whole vocabulary.</summary>
internal interface IDrawingDecoder : IDecoder
{
    /// <summary>Whether <see cref="Draw"/> is quicker than reading logits.</summary>
    bool PrefersDrawing { get; }

    /// <summary>As <see cref="IDecoder.Step"/>, then draws what follows from the whole distribution.</summary>
    /// <param name="slots">Different slots with a prompt.</param>
    /// <param name="tokens">A token each.</param>
    /// <param name="uniforms">A number in [0, 1) each: the token where the distribution function passes it is drawn.</param>
    /// <param name="temperature">Divides the logits; 0 takes the likeliest.</param>
    /// <param name="drawn">What was drawn.</param>
    void Draw(ReadOnlySpan<int> slots, ReadOnlySpan<int> tokens, ReadOnlySpan<double> uniforms, double temperature, Span<DrawnToken> drawn);
}

/// <summary>Keys and values of a prompt, and the logits after it.</summary>
internal interface IPromptCache : IDisposable
{
    /// <summary>Its tokens.</summary>
    int Length { get; }

    /// <summary>[vocabulary]: what follows the prompt.</summary>
    ReadOnlySpan<float> Logits { get; }

    /// <summary>[hidden]: the hidden state, after the final norm, that gave them.</summary>
    ReadOnlySpan<float> Hidden { get; }
}
