using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Values at the scored positions of a batch, in row-major order.</summary>
/// <param name="Values">V(s_t): [positions].</param>
/// <param name="Lower">A second, more cautious V: [positions].</param>
/// <param name="First">Q(s_t, .) of the first twin: [positions, vocabulary].</param>
/// <param name="Second">Of the second twin.</param>
/// <param name="Target">The smaller of the two slowly following targets, without gradient: [positions, vocabulary].</param>
public sealed record ActionValues(Tensor Values, Tensor Lower, Tensor First, Tensor Second, Tensor Target);

/// <summary>
/// Values of prefixes and of every token that may follow: V(s), twin Q(s, .) and targets that follow them slowly. The value of a step or
/// turn is Q at its last token.
/// </summary>
public interface IActionCritic : IStateful, IDisposable
{
    /// <summary>What an optimiser may change.</summary>
    IReadOnlyList<NamedTensor> Trainable { get; }

    /// <summary>What it reads of the policy's own scores of a batch, where it has no trunk of its own.</summary>
    ScoreOutputs Needs { get; }

    /// <summary>Values at the scored positions.</summary>
    /// <param name="batch">At least one scored position.</param>
    /// <param name="scores">The policy's scores of it, with what <see cref="Needs"/> says; null lets the critic compute what it needs.</param>
    ActionValues Values(TokenBatch batch, TokenScores? scores = null);

    /// <summary>target &lt;- rate x twin + (1 - rate) x target.</summary>
    void Follow(double rate);
}

/// <summary>Tables of V and Q for each prompt and prefix of a <see cref="TabularLanguageModel"/>; 0 at first.</summary>
public sealed class TabularActionCritic : IActionCritic
{
    private readonly TabularLanguageModel model;
    private readonly float[][] memories;
    private readonly Tensor[] tables;

    /// <summary>A critic of zeros.</summary>
    public TabularActionCritic(TabularLanguageModel model)
    {
        this.model = model;
        var states = model.Shape.Prompts * model.Shape.Prefixes;
        using var scope = NewDisposeScope();
        memories = [.. new[] { 1, 1, model.Shape.Vocabulary, model.Shape.Vocabulary, model.Shape.Vocabulary, model.Shape.Vocabulary }.Select(width => GC.AllocateArray<float>(states * width, pinned: true))];
        tables = [.. memories.Select((memory, i) => frombuffer(memory, ScalarType.Float32).view(states, -1).requires_grad_(i < 4).DetachFromDisposeScope())];
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trainable => [new("values", tables[0]), new("lower", tables[1]), new("first", tables[2]), new("second", tables[3])];

    /// <inheritdoc/>
    public ScoreOutputs Needs => ScoreOutputs.None;

    /// <summary>V after a prefix.</summary>
    public double Value(int prompt, ReadOnlySpan<int> prefix) => memories[0][State(prompt, prefix)];

    /// <summary>The smaller target Q of a token after a prefix.</summary>
    public double TargetQ(int prompt, ReadOnlySpan<int> prefix, int token)
    {
        var place = State(prompt, prefix) * model.Shape.Vocabulary + token;
        return Math.Min(memories[4][place], memories[5][place]);
    }

    /// <inheritdoc/>
    public ActionValues Values(TokenBatch batch, TokenScores? scores = null)
    {
        var rows = tensor(model.Places(batch).Rows);
        Tensor At(int table) => tables[table].index_select(0, rows);
        return new ActionValues(At(0).squeeze(1), At(1).squeeze(1), At(2), At(3), minimum(At(4), At(5)).detach());
    }

    /// <inheritdoc/>
    public void Follow(double rate) => ImplicitLanguageQ.Polyak([tables[2], tables[3]], [tables[4], tables[5]], rate);

    /// <summary>The extracted policy as a table: log pi_beta + beta (Q - V).</summary>
    /// <param name="behaviour">pi_beta.</param>
    /// <param name="beta">How far it goes.</param>
    /// <param name="clipAtZero">Whether advantages count only where they are negative.</param>
    public TabularLanguageModel Steered(TabularLanguageModel behaviour, double beta, bool clipAtZero = false)
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var logits = ImplicitLanguageQ.PolicyLogits(behaviour.Trainable[0].Value, minimum(tables[4], tables[5]), tables[0], beta, clipAtZero);
        var steered = new TabularLanguageModel(model.Shape);
        logits.contiguous().data<float>().CopyTo(steered.Logits);
        return steered;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        for (var i = 0; i < memories.Length; i++) { state.Array<float>($"table{i}", memories[i]); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var table in tables) { table.Dispose(); }
    }

    private int State(int prompt, ReadOnlySpan<int> prefix) => prompt * model.Shape.Prefixes + model.Shape.PrefixIndex(prefix);
}
