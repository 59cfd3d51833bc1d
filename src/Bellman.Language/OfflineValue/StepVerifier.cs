using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// A verifier of reasoning steps learned by Q-learning (VerifierQ, Qi et al. 2024): Q of a step is sigma of the critic's Q at the step's last
/// token, V of a state sigma of its V before the step's first token. A solution is as good as its worst step.
/// </summary>
/// <param name="critic">Stays the caller's.</param>
public sealed class StepVerifier(IActionCritic critic)
{
    /// <summary>Q of each step of each response.</summary>
    public IReadOnlyList<double[]> Steps(IReadOnlyList<LoggedResponse> responses)
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var batch = TokenExample.Batch([.. responses.Select(response => response.Example)]);
        var values = critic.Values(batch);
        var steps = StepPositions.Of(batch, responses);
        var q = minimum(steps.Taken(values.First), steps.Taken(values.Second)).sigmoid().ToDoubles();
        var next = 0;
        return [.. responses.Select(response => response.Ends.Select(_ => q[next++]).ToArray())];
    }

    /// <summary>How good each response is: its worst step, or as <paramref name="rule"/> says.</summary>
    public double[] Scores(IReadOnlyList<LoggedResponse> responses, StepAggregate rule = StepAggregate.Minimum) => [.. Steps(responses).Select(steps => StepRewards.Aggregate(steps, rule))];

    /// <summary>Ends of the steps of a response that are told apart by the text of their last token.</summary>
    /// <param name="response">Token ids.</param>
    /// <param name="isSeparator">Whether a token ends a step; the response's last token always does.</param>
    public static IReadOnlyList<int> Ends(IReadOnlyList<int> response, Func<int, bool> isSeparator) =>
        [.. Enumerable.Range(0, response.Count).Where(token => token == response.Count - 1 || isSeparator(response[token]))];
}

/// <summary>Learns a <see cref="StepVerifier"/> from logged solutions whose steps are known and whose ends were judged, rewards from 0 to 1.</summary>
public sealed class StepVerifierTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<LoggedResponse> responses;
    private readonly IActionCritic critic;
    private readonly bool ownsCritic;
    private readonly VerifierQOptions verifier;

    /// <summary>A trainer.</summary>
    /// <param name="model">Whose contexts and vocabulary; it is not changed where the critic has a trunk of its own.</param>
    /// <param name="critic">What is trained, which stays the caller's; null makes one over a copy of the model.</param>
    /// <param name="responses">At least one, rewards from 0 to 1.</param>
    /// <param name="verifier">What is learned.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Orders the responses.</param>
    /// <exception cref="UsageException">A response is not usable, a reward outside [0, 1], or an option out of range.</exception>
    public StepVerifierTrainer(ILanguageModel model, IActionCritic? critic, IReadOnlyList<LoggedResponse> responses, VerifierQOptions verifier, OfflineTrainingOptions options, ulong seed = 0)
        : this(model, critic ?? Critics.ActionsFor(model, RandomStream.Create(seed, "value-heads"), apart: true), critic is null, responses, verifier, options, seed) { }

    private StepVerifierTrainer(ILanguageModel model, IActionCritic critic, bool ownsCritic, IReadOnlyList<LoggedResponse> responses, VerifierQOptions verifier, OfflineTrainingOptions options, ulong seed)
        : base(model, critic.Trainable, options, seed)
    {
        LoggedResponse.RequireUsable(responses);
        if (responses.Select((response, i) => (response, i)).FirstOrDefault(entry => entry.response.Ends.Any(end => entry.response.RewardAt(end) is < 0 or > 1)) is { response: { } wrong, i: var number })
        {
            throw new UsageException($"Logged response {number} (counted from 0) is paid {wrong.Reward}: a step verifier learns probabilities, so rewards lie from 0 to 1.");
        }
        (this.responses, this.critic, this.ownsCritic, this.verifier) = (responses, critic, ownsCritic, OptionSet.Validated(verifier, "the step verifier"));
    }

    /// <inheritdoc/>
    public override string Algorithm => "value.verifierq";

    /// <summary>The verifier, which goes on learning.</summary>
    public StepVerifier Verifier => new(critic);

    /// <inheritdoc/>
    protected override int Count => responses.Count;

    /// <inheritdoc/>
    protected override IStateful OwnState => critic;

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics)
    {
        var logged = Array.ConvertAll(batch, i => responses[i]);
        var tokens = TokenExample.Batch([.. logged.Select(response => response.Example)]);
        var values = critic.Values(tokens);
        var steps = StepPositions.Of(tokens, logged);
        Tensor upper = steps.Before(values.Values).sigmoid(), lower = steps.Before(values.Lower).sigmoid();
        var target = steps.Taken(values.Target).sigmoid();
        var trusted = (1 - verifier.Conservative) * upper + verifier.Conservative * lower;
        var goals = VerifierQ.Targets(steps.Rewards.to(target.device), ActionPositions.Following(trusted), steps.Done.to(target.device).gt(0.5));
        var q = VerifierQ.QLoss(steps.Taken(values.First).sigmoid(), goals) + VerifierQ.QLoss(steps.Taken(values.Second).sigmoid(), goals);
        metrics.Add("loss/q", q.ToDouble());
        return q + VerifierQ.ValueLoss(upper, target, verifier.Tau) + VerifierQ.ConservativeLoss(lower, target, verifier.LowerTau);
    }

    /// <inheritdoc/>
    protected override void AfterStep() => critic.Follow(verifier.TargetRate);

    /// <inheritdoc/>
    protected override void Release()
    {
        if (ownsCritic) { critic.Dispose(); }
    }
}

/// <summary>The steps (or turns) of logged responses among the scored positions of a batch.</summary>
internal sealed class StepPositions
{
    private readonly Tensor first;
    private readonly Tensor last;
    private readonly Tensor tokens;

    private StepPositions(long[] first, long[] last, long[] tokens, float[] rewards, float[] done, int[] owners)
    {
        (this.first, this.last, this.tokens) = (tensor(first), tensor(last), tensor(tokens));
        (Rewards, Done, Owners) = (tensor(rewards), tensor(done), owners);
    }

    /// <summary>Paid during the step: [steps].</summary>
    public Tensor Rewards { get; }

    /// <summary>1 for a response's last step: [steps].</summary>
    public Tensor Done { get; }

    /// <summary>The response that each step belongs to.</summary>
    public int[] Owners { get; }

    public static StepPositions Of(TokenBatch batch, IReadOnlyList<LoggedResponse> responses)
    {
        List<long> first = [], last = [], tokens = [];
        List<float> rewards = [], done = [];
        var owners = new List<int>();
        var position = 0;
        for (var row = 0; row < batch.Rows; row++)
        {
            var (logged, start) = (responses[row], row * batch.Length + responses[row].Prompt.Length);
            var begin = 0;
            foreach (var end in logged.Ends)
            {
                // A step's own tokens; what a tool said in between has no position.
                var own = Enumerable.Range(begin, end - begin + 1).Where(t => batch.Mask[start + t]).ToList();
                if (own.Count == 0) { throw new UsageException($"A step of a logged response (tokens {begin} to {end}) has no token of the speaker's own."); }
                first.Add(position);
                position += own.Count;
                last.Add(position - 1);
                tokens.Add(logged.Response[own[^1]]);
                rewards.Add((float)logged.RewardOf(begin, end));
                done.Add(end == logged.Response.Length - 1 ? 1 : 0);
                owners.Add(row);
                begin = end + 1;
            }
        }
        return new StepPositions([.. first], [.. last], [.. tokens], [.. rewards], [.. done], [.. owners]);
    }

    /// <summary>What a table [positions, vocabulary] says of each step: its entry at the last token. [steps].</summary>
    public Tensor Taken(Tensor table) => table.index_select(0, last.to(table.device)).gather(1, tokens.to(table.device).unsqueeze(1)).squeeze(1);

    /// <summary>What values [positions] say of the state before each step. [steps].</summary>
    public Tensor Before(Tensor values) => values.index_select(0, first.to(values.device));
}
