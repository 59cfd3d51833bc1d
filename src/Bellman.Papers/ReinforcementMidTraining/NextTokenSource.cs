using Bellman.Language;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>What a reasoned prediction is judged by.</summary>
/// <param name="Token">Which token.</param>
/// <param name="Budget">Thinking tokens asked for; null for none.</param>
/// <param name="Document">The document it belongs to.</param>
public sealed record ReasoningTarget(TargetToken Token, int? Budget, CorpusDocument Document)
{
    /// <summary>The true tokens from the target on.</summary>
    public ReadOnlySpan<int> Continuation => Document.Tokens.AsSpan(Token.Position);
}

/// <summary>
/// Any text as a task with a verifiable answer: prompts ask for thinking and the next token of a document. Targets of a step come from
/// the tiers that the curriculum says, with the budget of the step.
/// </summary>
public sealed class NextTokenSource : IPromptSource
{
    private readonly Func<NextTokenCorpus> makeCorpus;
    private readonly IReadOnlyList<CorpusDocument> documents;
    private readonly ReasoningForm form;
    private readonly ReinforcementMidTrainingOptions options;
    private readonly IBudgetSchedule? budget;
    private readonly ITierCurriculum curriculum;
    private readonly RandomStream random;
    private readonly Func<string, int[]>? ask;
    private readonly HashSet<TargetToken> current = [];
    private readonly SortedSet<int> text = [];
    private NextTokenCorpus? corpus;
    private TargetSampler? sampler;
    private long step;
    private bool begun;

    /// <summary>A source over a corpus.</summary>
    /// <param name="documents">Its documents.</param>
    /// <param name="makeCorpus">Its tiers, asked for when the first target is drawn.</param>
    /// <param name="form">How prefixes become prompts.</param>
    /// <param name="options">Schedules.</param>
    /// <param name="random">The draws.</param>
    /// <param name="ask">The model's chat layout; null for plain text.</param>
    public NextTokenSource(IReadOnlyList<CorpusDocument> documents, Func<NextTokenCorpus> makeCorpus, ReasoningForm form, ReinforcementMidTrainingOptions options, RandomStream random, Func<string, int[]>? ask = null)
    {
        NextTokenCorpus.Require(documents);
        (this.documents, this.makeCorpus, this.form, this.options, this.random, this.ask) = (documents, makeCorpus, form, OptionSet.Validated(options, "rmt"), random, ask);
        budget = Budget(options);
        curriculum = options.Curriculum switch
        {
            CurriculumKind.Uniform => new FixedCurriculum(1.0 / 3, 1.0 / 3, 1.0 / 3),
            CurriculumKind.HardOnly => new FixedCurriculum(0, 0, 1),
            _ => new PiecewiseLinearCurriculum(options.Start * options.Steps, options.End * options.Steps, options.Early, options.Late),
        };
    }

    /// <inheritdoc/>
    public string Name => "rmt";

    /// <summary>The targets of the step, which next-token prediction leaves out.</summary>
    public IReadOnlySet<TargetToken> Current => current;

    /// <summary>The documents that next-token prediction learns in this step.</summary>
    public IEnumerable<(int Number, CorpusDocument Document)> Text => text.Select(number => (number, documents[number]));

    /// <summary>The schedule that options describe; null for none.</summary>
    public static IBudgetSchedule? Budget(ReinforcementMidTrainingOptions options)
    {
        var shrinking = new ShrinkingBudget(options.Budget, options.MinimumBudget, options.Gamma, options.Steps);
        return options.BudgetKind switch
        {
            BudgetKind.None => null,
            BudgetKind.Fixed => FixedBudget.MeanOf(shrinking, options.Steps),
            _ => shrinking,
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<PromptItem> Next(int count, GroupHistory history)
    {
        sampler ??= new TargetSampler((corpus ??= makeCorpus()).Index, curriculum);
        if (!begun)
        {
            current.Clear();
            text.Clear();
        }
        var draws = random.Child("step", step).Child("draw", current.Count);
        var targets = sampler.Draw(step, count, draws.Child("targets"));
        begun = true;
        current.UnionWith(targets);
        var others = draws.Child("text");
        text.UnionWith(targets.Select(target => options.NextTokenDocuments == NextTokenDocuments.OfTargets ? target.Document : others.NextInt32(documents.Count)));
        var allowed = budget?.At(step);
        return [.. targets.Select(target => Prompt(target, allowed))];
    }

    /// <summary>The step is over: the next prompts belong to the next one.</summary>
    public void EndStep()
    {
        step++;
        begun = false;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(step), ref step);
        // The tiers were measured on the policy as it was when training began, which a resumed run no longer has.
        var targets = corpus?.Index.Values.SelectMany(tier => tier).ToList() ?? [];
        int[] places = [.. targets.SelectMany(target => new[] { target.Document, target.Position, (int)target.Tier })];
        state.List(nameof(places), ref places);
        if (!state.IsLoading || places.Length == 0) { return; }
        var index = places.Chunk(3).Select(place => new TargetToken(place[0], place[1], (Tier)place[2])).GroupBy(target => target.Tier).ToDictionary(group => group.Key, group => (IReadOnlyList<TargetToken>)[.. group]);
        (corpus, sampler, begun) = (new NextTokenCorpus(documents, index), null, false);
    }

    private PromptItem Prompt(TargetToken target, int? allowed)
    {
        var document = documents[target.Document];
        var prefix = document.Tokens[Math.Max(0, target.Position - options.MaximumPrefix)..target.Position];
        return new PromptItem($"document {target.Document + 1}, token {target.Position}", form.Prompt(prefix, allowed, ask))
        {
            Text = $"document {target.Document + 1}, token {target.Position}, {target.Tier}",
            Target = new ReasoningTarget(target, allowed, document),
            MaximumNewTokens = allowed is { } tokens ? 2 * tokens + options.AnswerReserve : null,
        };
    }
}

/// <summary>Tells the source when a step's prompts are complete.</summary>
internal sealed class StepEnd(NextTokenSource source) : IRolloutObserver
{
    public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics) => source.EndStep();
}
