using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// ILQL (Snell et al. 2022): values of every token learned from logged responses without asking what nobody did, beside the imitation of
/// the responses. Decoding is then steered by the values (<see cref="HiddenActionCritic.Steering"/>, <see cref="TabularActionCritic.Steered"/>).
/// </summary>
public sealed class IlqlTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<LoggedResponse> responses;
    private readonly IActionCritic critic;
    private readonly bool ownsCritic;
    private readonly IlqlOptions ilql;

    /// <summary>A trainer.</summary>
    /// <param name="model">Imitates the responses.</param>
    /// <param name="critic">Heads over the model, which stay the caller's; null makes them.</param>
    /// <param name="responses">At least one.</param>
    /// <param name="ilql">What is learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Orders the responses.</param>
    /// <exception cref="UsageException">A response is not usable, or an option is out of range.</exception>
    public IlqlTrainer(ILanguageModel model, IActionCritic? critic, IReadOnlyList<LoggedResponse> responses, IlqlOptions ilql, OfflineTrainingOptions options, ulong seed = 0)
        : this(model, critic ?? Critics.ActionsFor(model, RandomStream.Create(seed, "value-heads"), apart: false), critic is null, responses, ilql, options, seed) { }

    private IlqlTrainer(ILanguageModel model, IActionCritic critic, bool ownsCritic, IReadOnlyList<LoggedResponse> responses, IlqlOptions ilql, OfflineTrainingOptions options, ulong seed)
        : base(model, [.. model.Trainable, .. critic.Trainable.Select(tensor => tensor with { Name = "critic." + tensor.Name })], options, seed)
    {
        LoggedResponse.RequireUsable(responses);
        (this.critic, this.ownsCritic, this.responses, this.ilql) = (critic, ownsCritic, responses, OptionSet.Validated(ilql, "ILQL"));
    }

    /// <inheritdoc/>
    public override string Algorithm => "value.ilql";

    /// <summary>The values as they are now, to steer a transformer's decoding; null where they are tables.</summary>
    public HiddenSteering? Steering(double beta, bool clipAtZero = false) => (critic as HiddenActionCritic)?.Steering(beta, clipAtZero);

    /// <inheritdoc/>
    protected override int Count => responses.Count;

    /// <inheritdoc/>
    protected override IStateful OwnState => critic;

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics)
    {
        var logged = Array.ConvertAll(batch, i => responses[i]);
        var tokens = TokenExample.Batch([.. logged.Select(response => response.Example)]);
        var scores = Model.Score(tokens, 1, critic.Needs);
        var at = ActionPositions.Of(tokens, logged);
        var values = critic.Values(tokens, scores);
        var (target, next) = (at.Taken(values.Target), ActionPositions.Following(values.Values));
        Tensor Both(Func<Tensor, Tensor> loss) => loss(values.First) + loss(values.Second);
        var q = Both(table => ImplicitLanguageQ.QLoss(at.Taken(table), at.Rewards.to(target.device), next, at.Done.to(target.device), ilql.Gamma));
        var v = ImplicitLanguageQ.ValueLoss(values.Values, target, ilql.Tau);
        var logProbabilities = scores.LogProbabilities.view(-1).index_select(0, at.Places.to(scores.LogProbabilities.device));
        var imitation = ImplicitLanguageQ.WeightedLikelihood(logProbabilities, target, values.Values, ilql.Beta);
        metrics.Add("loss/q", q.ToDouble());
        metrics.Add("loss/value", v.ToDouble());
        metrics.Add("loss/imitation", imitation.ToDouble());
        metrics.Add("value/mean", values.Values.mean().ToDouble());
        var loss = q + v + imitation;
        return ilql.Conservative == 0 ? loss : loss + ilql.Conservative * Both(table => ImplicitLanguageQ.ConservativeLoss(table, at.Tokens.to(table.device)));
    }

    /// <inheritdoc/>
    protected override void AfterStep() => critic.Follow(ilql.TargetRate);

    /// <inheritdoc/>
    protected override void Release()
    {
        if (ownsCritic) { critic.Dispose(); }
    }
}
