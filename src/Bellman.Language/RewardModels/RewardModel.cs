using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>A scalar reward read by a linear head from the hidden state of a response's last token, with a trunk of its own.</summary>
public sealed class RewardModel : IStateful, IDisposable
{
    private readonly ILanguageModel trunk;
    private readonly ValueHead head;
    private double shift;

    /// <summary>A reward model that begins as a copy of <paramref name="model"/> and gives 0.</summary>
    /// <exception cref="UsageException">The model has no hidden states.</exception>
    public RewardModel(ILanguageModel model)
    {
        head = new ValueHead(model);
        trunk = model.Copy();
    }

    /// <summary>What an optimiser may change.</summary>
    public IReadOnlyList<NamedTensor> Trainable => [.. trunk.Trainable, .. head.Trainable];

    internal ILanguageModel Trunk => trunk;

    /// <summary>The reward of each response: [rows], differentiable.</summary>
    public Tensor Scores(IReadOnlyList<TokenExample> responses)
    {
        // Column t of the hidden states is what predicted token t: one more token makes the last response token's own state visible.
        var batch = new TokenBatch(
            [.. responses.Select(example => (int[])[.. example.Prompt, .. example.Response, 0])],
            [.. responses.Select(example => (bool[])[.. new bool[example.Prompt.Length + example.Response.Length], true])]);
        var hidden = trunk.Score(batch, 1, ScoreOutputs.Hidden).Hidden ?? throw new InvalidOperationException("The trunk gave no hidden states.");
        var values = head.Values(hidden);
        return Reductions.Sum(values, tensor(batch.Mask, [batch.Rows, batch.Length]).to(values.device)) - shift;
    }

    /// <summary>Subtracts the mean reward of demonstrations from every reward, as InstructGPT does: preferences leave it open.</summary>
    public void Centre(IReadOnlyList<TokenExample> demonstrations)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        shift += Scores(demonstrations).mean().ToDouble();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(shift), ref shift);
        state.Part("trunk", trunk);
        state.Part("head", head);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        head.Dispose();
        trunk.Dispose();
    }
}

/// <summary>Learned rewards in the pipeline: one reward model, or several combined.</summary>
public sealed class LearnedReward(IReadOnlyList<RewardModel> members, EnsembleRule rule = EnsembleRule.Mean) : IReward
{
    /// <inheritdoc/>
    public string Name => "learned";

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var examples = rollouts.Select(rollout => new TokenExample(rollout.Context, rollout.Tokens)).ToList();
        var scores = members.Select(member => member.Scores(examples).ToDoubles()).ToList();
        return new RewardScores([.. Enumerable.Range(0, rollouts.Count).Select(i => (double?)RewardEnsemble.Combine([.. scores.Select(member => member[i])], rule))]);
    }
}
