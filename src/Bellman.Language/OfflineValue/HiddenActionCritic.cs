using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// V and Q read from a transformer's hidden states, as ILQL has them: each V = v h + b; each Q, and its target, a network of one hidden layer twice
/// as wide as the hidden state, Q(h, .) = W2 relu(W1 h + b1) + b2. All give 0 at first.
/// </summary>
public sealed class HiddenActionCritic : IActionCritic
{
    private const int Twins = 2;
    private const int Layers = 4;

    private readonly ILanguageModel trunk;
    private readonly bool apart;
    private readonly Tensor[] values;
    private readonly Tensor[][] heads;

    /// <summary>A critic over a model.</summary>
    /// <param name="model">Whose hidden states are read.</param>
    /// <param name="random">Where first layers are drawn.</param>
    /// <param name="apart">Whether it has a trunk of its own, a copy of the model, which learns with it; otherwise it reads the model.</param>
    /// <exception cref="UsageException">The model has no hidden states.</exception>
    public HiddenActionCritic(ILanguageModel model, RandomStream random, bool apart)
    {
        if (model.HiddenSize == 0) { throw new UsageException("Action values are read from hidden states and this model has none. Use a transformer."); }
        (trunk, this.apart) = (apart ? model.Copy() : model, apart);
        var device = model.Trainable.Count > 0 ? model.Trainable[0].Value.device : CPU;
        Tensor Parameter(Tensor value, bool trained) => value.to(device).requires_grad_(trained).DetachFromDisposeScope();
        using var scope = NewDisposeScope();
        values = [Parameter(zeros(1, model.HiddenSize), true), Parameter(zeros(1), true), Parameter(zeros(1, model.HiddenSize), true), Parameter(zeros(1), true)];
        var wide = 2 * model.HiddenSize;
        var first = new float[wide * model.HiddenSize];
        heads = new Tensor[2 * Twins][];
        for (var i = 0; i < Twins; i++)
        {
            random.Child("head", i).NextGaussians(first);
            var weight = tensor(first, wide, model.HiddenSize) / Math.Sqrt(model.HiddenSize);
            Tensor[] Head(bool trained) => [Parameter(weight.clone(), trained), Parameter(zeros(wide), trained), Parameter(zeros(model.VocabularySize, wide), trained), Parameter(zeros(model.VocabularySize), trained)];
            (heads[i], heads[Twins + i]) = (Head(true), Head(false));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trainable => [.. apart ? trunk.Trainable : [], .. Named().Take(values.Length + Twins * Layers)];

    /// <inheritdoc/>
    public ScoreOutputs Needs => apart ? ScoreOutputs.None : ScoreOutputs.Hidden;

    /// <inheritdoc/>
    public ActionValues Values(TokenBatch batch, TokenScores? scores = null)
    {
        var all = (apart ? null : scores?.Hidden) ?? trunk.Score(batch, 1, ScoreOutputs.Hidden).Hidden ?? throw new InvalidOperationException("The trunk gave no hidden states.");
        var places = Enumerable.Range(0, batch.Mask.Length).Where(i => batch.Mask[i]).Select(i => (long)i).ToArray();
        var hidden = all.view(-1, trunk.HiddenSize).index_select(0, tensor(places).to(all.device)).to(values[0].device);
        using var withoutGradients = no_grad();
        var target = minimum(Q(Twins, hidden), Q(Twins + 1, hidden));
        using var withGradients = enable_grad();
        Tensor V(int first) => nn.functional.linear(hidden, values[first], values[first + 1]).squeeze(-1);
        return new ActionValues(V(0), V(2), Q(0, hidden), Q(1, hidden), target);
    }

    /// <inheritdoc/>
    public void Follow(double rate) => ImplicitLanguageQ.Polyak([.. heads[0], .. heads[1]], [.. heads[Twins], .. heads[Twins + 1]], rate);

    /// <summary>Steers the decoding of the model it reads, with the values as they are now.</summary>
    /// <param name="beta">How far.</param>
    /// <param name="clipAtZero">Whether advantages count only where they are negative.</param>
    public HiddenSteering Steering(double beta, bool clipAtZero = false)
    {
        using var scope = NewDisposeScope();
        return new HiddenSteering(trunk.HiddenSize, trunk.VocabularySize, [.. Named().Where(entry => entry.Name.StartsWith("target", StringComparison.Ordinal) || entry.Name.StartsWith("value", StringComparison.Ordinal)).Select(entry => (entry.Name, TensorState.ToArray(entry.Value)))], beta, clipAtZero);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        if (apart) { state.Part("trunk", trunk); }
        foreach (var (name, value) in Named()) { TensorState.Exchange(state, name, value); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in values.Concat(heads.SelectMany(head => head))) { tensor.Dispose(); }
        if (apart) { trunk.Dispose(); }
    }

    // Trained ones first, targets after them.
    private IEnumerable<NamedTensor> Named()
    {
        string[] parts = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"];
        yield return new("value.weight", values[0]);
        yield return new("value.bias", values[1]);
        yield return new("lower.weight", values[2]);
        yield return new("lower.bias", values[3]);
        for (var i = 0; i < heads.Length; i++)
        {
            for (var layer = 0; layer < Layers; layer++) { yield return new($"{(i < Twins ? "q" : "target")}{i % Twins}.{parts[layer]}", heads[i][layer]); }
        }
    }

    private Tensor Q(int head, Tensor hidden) => nn.functional.linear(nn.functional.linear(hidden, heads[head][0], heads[head][1]).relu(), heads[head][2], heads[head][3]);
}
