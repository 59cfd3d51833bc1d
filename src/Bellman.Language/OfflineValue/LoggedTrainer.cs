using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Training on logged responses with rewards (DRO, OREO, A*-PO): no pairs, and no sampling from the policy. The reference's
/// log-probabilities, and V* where the loss knows it, are computed once before training.
/// </summary>
public sealed class LoggedTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<LoggedResponse> responses;
    private readonly LoggedLoss loss;
    private readonly ICritic? critic;
    private readonly bool ownsCritic;
    private readonly float[][] reference;
    private readonly double[] optimalValues;

    /// <summary>A trainer of <paramref name="model"/> by <paramref name="loss"/>.</summary>
    /// <param name="model">The policy.</param>
    /// <param name="responses">At least one; for A*-PO several to each prompt, drawn from the reference.</param>
    /// <param name="loss">Which loss.</param>
    /// <param name="options">How.</param>
    /// <param name="critic">V, where the loss reads one; null makes one over a copy of the model.</param>
    /// <param name="reference">What the policy is kept near; null takes the model as it is now.</param>
    /// <param name="seed">Orders the responses.</param>
    /// <exception cref="UsageException">A response is not usable.</exception>
    public LoggedTrainer(ILanguageModel model, IReadOnlyList<LoggedResponse> responses, LoggedLoss loss, OfflineTrainingOptions options, ICritic? critic = null, ILanguageModel? reference = null, ulong seed = 0)
        : this(model, responses, loss, options, critic ?? (loss.NeedsValues ? Critics.For(model) : null), critic is null, reference, seed) { }

    private LoggedTrainer(ILanguageModel model, IReadOnlyList<LoggedResponse> responses, LoggedLoss loss, OfflineTrainingOptions options, ICritic? critic, bool ownsCritic, ILanguageModel? reference, ulong seed)
        : base(model, [.. model.Trainable, .. critic?.Trainable.Select(tensor => tensor with { Name = "critic." + tensor.Name }) ?? []], options, seed)
    {
        LoggedResponse.RequireUsable(responses);
        (this.responses, this.loss, this.critic, this.ownsCritic) = (responses, loss, critic, ownsCritic);
        this.reference = ReferenceScores.Precompute(reference ?? model, [.. responses.Select(response => response.Example)], options.BatchSize);
        optimalValues = loss.OptimalValueBeta is { } beta ? OptimalValues(beta) : [];
    }

    /// <inheritdoc/>
    public override string Algorithm => loss.Name;

    /// <inheritdoc/>
    protected override int Count => responses.Count;

    /// <inheritdoc/>
    protected override IStateful OwnState => new Fixed(this);

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics)
    {
        var tokens = TokenExample.Batch([.. batch.Select(i => responses[i].Example)]);
        var scores = Model.Score(tokens).LogProbabilities;
        var mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]).to(scores.device);
        var logged = new LoggedBatch(
            new PreferenceSide(scores, mask, ReferenceScores.Rows(batch, reference, tokens.Length).to(scores.device)),
            Array.ConvertAll(batch, i => responses[i].RewardOf(0, responses[i].Response.Length - 1)).Like(scores),
            Returns(batch, tokens.Length).to(scores.device))
        {
            Values = critic?.Values(tokens).to(scores.device),
            OptimalValues = optimalValues.Length == 0 ? null : Array.ConvertAll(batch, i => optimalValues[i]).Like(scores),
        };
        metrics.Add("preference/log_ratio", logged.Side.LogRatio.mean().ToDouble());
        return loss.Losses(logged).mean();
    }

    /// <inheritdoc/>
    protected override void Release()
    {
        if (ownsCritic) { critic?.Dispose(); }
    }

    private Tensor Returns(int[] batch, int length)
    {
        var table = new float[batch.Length * length];
        for (var row = 0; row < batch.Length; row++)
        {
            var (logged, toGo) = (responses[batch[row]], 0.0);
            for (var token = logged.Response.Length - 1; token >= 0; token--)
            {
                toGo += logged.RewardAt(token);
                table[row * length + logged.Prompt.Length + token] = (float)toGo;
            }
        }
        return tensor(table, [batch.Length, length]);
    }

    private double[] OptimalValues(double beta)
    {
        var byPrompt = responses.GroupBy(response => string.Join(',', response.Prompt))
            .ToDictionary(group => group.Key, group => PathConsistency.OptimalValue([.. group.Select(response => response.RewardOf(0, response.Response.Length - 1))], beta));
        return [.. responses.Select(response => byPrompt[string.Join(',', response.Prompt)])];
    }

    private sealed class Fixed(LoggedTrainer owner) : IStateful
    {
        public void Exchange(StateExchange state)
        {
            ReferenceScores.Exchange(state, "reference", owner.reference);
            if (owner.critic is not null) { state.Part("critic", owner.critic); }
        }
    }
}

/// <summary>The critic that goes with a model.</summary>
internal static class Critics
{
    public static ICritic For(ILanguageModel model) => model is TabularLanguageModel table ? new TabularCritic(table) : new HiddenStateCritic(model);

    public static IActionCritic ActionsFor(ILanguageModel model, RandomStream random, bool apart) =>
        model is TabularLanguageModel table ? new TabularActionCritic(table) : new HiddenActionCritic(model, random, apart);
}
