using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Responses that are good or bad (or scored) on their own.</summary>
/// <param name="Side">Log-probabilities under policy and reference.</param>
/// <param name="Feedback">[rows]: 1 for good, 0 for bad; scores where a loss takes them.</param>
public sealed record UnpairedBatch(PreferenceSide Side, Tensor Feedback)
{
    /// <summary>h of responses that belong to other prompts: [any]; for KTO.</summary>
    public Tensor? MismatchedLogRatios { get; init; }
}

/// <summary>A preference loss that needs no pairs.</summary>
public interface IUnpairedLoss
{
    /// <summary>Whether feedback is a score; otherwise it is 1 for good and 0 for bad.</summary>
    bool TakesScores { get; }

    /// <summary>The loss of each response: [rows].</summary>
    Tensor UnpairedLosses(UnpairedBatch batch);
}

/// <summary>
/// KTO, BCO and UNA on responses that were judged on their own, as most feedback is: a thumb up or down, no pair. Good and bad ones need not
/// be equally many.
/// </summary>
public sealed class UnpairedTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<LoggedResponse> responses;
    private readonly PreferenceLoss loss;
    private readonly IUnpairedLoss unpaired;
    private readonly double threshold;
    private readonly int[] others;
    private readonly float[][] reference;
    private readonly float[][] mismatched;

    /// <summary>A trainer of <paramref name="model"/> by <paramref name="loss"/>.</summary>
    /// <param name="model">The policy.</param>
    /// <param name="responses">Good and bad ones; their reward says which.</param>
    /// <param name="loss">KTO, BCO or UNA.</param>
    /// <param name="options">How.</param>
    /// <param name="threshold">Rewards of at least this are good.</param>
    /// <param name="reference">What the policy is compared with; null takes the model as it is now.</param>
    /// <param name="seed">Orders the responses.</param>
    /// <exception cref="UsageException">A response is not usable, the loss needs pairs, or all responses are good, all bad, or all to one prompt where another is needed.</exception>
    public UnpairedTrainer(ILanguageModel model, IReadOnlyList<LoggedResponse> responses, PreferenceLoss loss, OfflineTrainingOptions options, double threshold = 0.5, ILanguageModel? reference = null, ulong seed = 0)
        : base(model, model.Trainable, options, seed)
    {
        LoggedResponse.RequireUsable(responses);
        unpaired = loss as IUnpairedLoss ?? throw new UsageException($"{loss.Name} compares pairs, and these responses were judged on their own. Use kto, bco or una, or give pairs (prompt, chosen, rejected).");
        (this.responses, this.loss, this.threshold) = (responses, loss, threshold);
        var good = responses.Count(response => response.Reward >= threshold);
        if (!unpaired.TakesScores && (good == 0 || good == responses.Count))
        {
            throw new UsageException($"All {responses.Count} responses are {(good == 0 ? "bad" : "good")}: there is nothing to tell apart. Give some of each.");
        }
        others = loss.NeedsMismatched ? [.. Enumerable.Range(0, responses.Count).Select(Other)] : [];
        this.reference = ReferenceScores.Precompute(reference ?? model, [.. responses.Select(response => response.Example)], options.BatchSize);
        mismatched = loss.NeedsMismatched ? ReferenceScores.Precompute(reference ?? model, [.. Enumerable.Range(0, responses.Count).Select(Mismatched)], options.BatchSize) : [];
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
        var side = Side(batch, i => responses[i].Example, reference);
        var feedback = Array.ConvertAll(batch, i => unpaired.TakesScores ? responses[i].Reward : responses[i].Reward >= threshold ? 1.0 : 0);
        Measure(side, Array.ConvertAll(batch, i => responses[i].Reward >= threshold), metrics);
        return unpaired.UnpairedLosses(new UnpairedBatch(side, feedback.Like(side.LogProbabilities))
        {
            MismatchedLogRatios = loss.NeedsMismatched ? MismatchedRatios(batch) : null,
        }).mean();
    }

    private static void Measure(PreferenceSide side, bool[] good, IMetricSink metrics)
    {
        var ratios = side.LogRatio.ToDoubles();
        foreach (var (name, which) in new[] { ("desirable", true), ("undesirable", false) })
        {
            var own = ratios.Where((_, i) => good[i] == which).ToList();
            if (own.Count > 0) { metrics.Add($"preference/{name}_log_ratio", own.Average()); }
        }
        metrics.Add("preference/desirable_share", good.Count(value => value) / (double)good.Length);
    }

    private PreferenceSide Side(int[] batch, Func<int, TokenExample> example, float[][] referenceScores)
    {
        var tokens = TokenExample.Batch([.. batch.Select(example)]);
        var scores = Model.Score(tokens).LogProbabilities;
        return new PreferenceSide(scores, tensor(tokens.Mask, [tokens.Rows, tokens.Length]).to(scores.device), ReferenceScores.Rows(batch, referenceScores, tokens.Length).to(scores.device));
    }

    private Tensor MismatchedRatios(int[] batch)
    {
        using var withoutGradients = no_grad();
        return Side(batch, Mismatched, mismatched).LogRatio.detach();
    }

    /// <summary>A prompt with the next response that was given to another one.</summary>
    private TokenExample Mismatched(int index) => new(responses[index].Prompt, responses[others[index]].Response);

    private int Other(int index)
    {
        for (var step = 1; step < responses.Count; step++)
        {
            var other = (index + step) % responses.Count;
            if (!responses[other].Prompt.AsSpan().SequenceEqual(responses[index].Prompt)) { return other; }
        }
        throw new UsageException($"{loss.Name} measures its reference point by responses to other prompts, and there is only one prompt. Give more data.");
    }

    private sealed class Fixed(UnpairedTrainer owner) : IStateful
    {
        public void Exchange(StateExchange state)
        {
            ReferenceScores.Exchange(state, "reference", owner.reference);
            ReferenceScores.Exchange(state, "mismatched", owner.mismatched);
            if (owner.loss.State is { } own) { state.Part("loss", own); }
        }
    }
}
