using TorchSharp;

namespace Bellman.Language;

/// <summary>What a model returns besides log-probabilities; each costs memory and time.</summary>
[Flags]
public enum ScoreOutputs
{
    /// <summary>Log-probabilities alone.</summary>
    None = 0,

    /// <summary>The entropy of each scored position's distribution.</summary>
    Entropies = 1,

    /// <summary>The hidden state that predicted each token.</summary>
    Hidden = 2,

    /// <summary>The logits over the vocabulary that predicted each token.</summary>
    Logits = 4,
}

/// <summary>
/// Scores of a <see cref="TokenBatch"/>, aligned with its tokens: column t is about token t given the tokens before it.
/// Entries outside the mask are 0 and carry no gradient. All are float32, whatever the model computes in.
/// </summary>
/// <param name="LogProbabilities">[rows, length], in nats, of logits divided by the temperature.</param>
/// <param name="Entropies">[rows, length], in nats; null unless asked for.</param>
/// <param name="Hidden">[rows, length, hidden size]; null unless asked for.</param>
/// <param name="Logits">[rows, length, vocabulary], divided by the temperature; null unless asked for.</param>
public sealed record TokenScores(torch.Tensor LogProbabilities, torch.Tensor? Entropies, torch.Tensor? Hidden, torch.Tensor? Logits);

/// <summary>
/// A causal distribution over token strings that can be trained: a transformer, or a table small enough to enumerate.
/// Whatever is built on it (objectives, preference losses, the post-training pipeline) works with both.
/// </summary>
public interface ILanguageModel : IStateful, IDisposable
{
    /// <summary>Number of token ids; ids are 0 to VocabularySize - 1.</summary>
    int VocabularySize { get; }

    /// <summary>Most tokens of a sequence, prompt and response together.</summary>
    int ContextLength { get; }

    /// <summary>Size of a hidden state; 0 when the model has none.</summary>
    int HiddenSize { get; }

    /// <summary>What an optimiser may change, by name: all weights, or only adapters.</summary>
    IReadOnlyList<NamedTensor> Trainable { get; }

    /// <summary>
    /// Log-probabilities of the scored tokens, differentiable with respect to <see cref="Trainable"/> unless called
    /// under <c>torch.no_grad()</c>. Padding and the other rows do not change a row's scores.
    /// </summary>
    /// <param name="batch">What is scored.</param>
    /// <param name="temperature">Logits are divided by it first; above 0.</param>
    /// <param name="outputs">What else is wanted.</param>
    TokenScores Score(TokenBatch batch, double temperature = 1, ScoreOutputs outputs = ScoreOutputs.None);

    /// <summary>A model of the same layout and values with tensors of its own: a frozen reference, or a behaviour policy.</summary>
    ILanguageModel Copy();
}

/// <summary>A trainable tensor and its name.</summary>
/// <param name="Name">As in the checkpoint.</param>
/// <param name="Value">The tensor; it requires a gradient.</param>
public sealed record NamedTensor(string Name, torch.Tensor Value);
