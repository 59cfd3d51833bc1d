using Bellman.Language;

namespace Bellman.Papers.GuidedHybridPolicyOptimization;

/// <summary>
/// Asks each prompt plainly; whoever fails in all of its responses is asked again with the first quarter of its solution, then half,
/// then three quarters. A later round's group replaces the earlier one and keeps its own prompt.
/// </summary>
public sealed class GuidedRolloutPlanner : IRolloutPlanner, IStageCheck
{
    private const string Hinted = "hint ";

    private readonly GuidedHybridPolicyOptimizationOptions options;
    private readonly Func<PromptItem, bool>? alwaysHinted;
    private HintWriter? writer;
    private string accuracy;
    private double solvedFrom;
    private int room = int.MaxValue;
    private int shortened;
    private int leaks;
    private int hints;

    /// <summary>A planner.</summary>
    /// <param name="options">Stages and switches.</param>
    /// <param name="groupSize">Responses to a prompt, in every stage; at least 2.</param>
    /// <param name="writer">Where hints come from; null for prompts of text items.</param>
    /// <param name="alwaysHinted">Prompts that get the first stage's hint at once (a hand-made curriculum); null for none.</param>
    /// <exception cref="UsageException">An option is out of range or the group too small.</exception>
    public GuidedRolloutPlanner(GuidedHybridPolicyOptimizationOptions options, int groupSize, HintWriter? writer = null, Func<PromptItem, bool>? alwaysHinted = null)
    {
        this.options = OptionSet.Validated(options, "method ghpo");
        if (groupSize < 2) { throw new UsageException($"ghpo compares the responses to a prompt, so groupSize is 2 or more, not {groupSize}."); }
        (GroupSize, this.writer, this.alwaysHinted, accuracy) = (groupSize, writer, options.Detect ? alwaysHinted : alwaysHinted ?? (_ => true), options.Accuracy ?? "");
        solvedFrom = options.SolvedFrom ?? new PostTrainingOptions().PassThreshold;
    }

    /// <inheritdoc/>
    public string Name => "ghpo";

    /// <inheritdoc/>
    public int GroupSize { get; }

    /// <inheritdoc/>
    public void Check(PostTrainingStages stages)
    {
        var names = stages.Rewards.Select(reward => reward.Name).ToList();
        if (accuracy.Length == 0) { accuracy = names[0]; }
        if (!names.Contains(accuracy)) { throw NearNames.Unknown("reward", accuracy, names, $"ghpo.accuracy is one of {string.Join(", ", names)}."); }
        solvedFrom = options.SolvedFrom ?? stages.Options.PassThreshold;
        writer ??= HintWriter.ForItems(options.HintTemplate, stages.Tokenizer);
        room = Math.Min(options.MaximumPromptTokens ?? int.MaxValue, stages.Model.ContextLength - stages.Options.MaximumNewTokens);
        if (room < 1) { throw new UsageException($"The model's context of {stages.Model.ContextLength} leaves no room for a prompt beside {stages.Options.MaximumNewTokens} new tokens. Lower maximumNewTokens."); }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RolloutRequest> Plan(PlanningState state)
    {
        if (state.Round == 0)
        {
            (shortened, leaks, hints) = (0, 0, 0);
            RequireSolutions(state);
            return [.. state.Prompts.Select((prompt, group) => IsGuided(state) && alwaysHinted?.Invoke(prompt) == true && Solution(prompt) is not null
                ? Guided(prompt, group, options.Stages[0]) : new RolloutRequest(prompt, GroupSize, group))];
        }
        // The stage loop: D = { p : no R_acc of a right response }
        if (!IsGuided(state) || !options.Detect || alwaysHinted is not null || state.Round > options.Stages.Length) { return []; }
        return [.. Latest(state).Where(group => IsDifficult(group) && Solution(group[0].Prompt) is not null)
            .Select(group => Guided(group[0].Prompt, group[0].Group, options.Stages[state.Round - 1]))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Rollout> Select(PlanningState state, IMetricSink metrics)
    {
        var groups = Latest(state).ToList();
        Measure(state, groups, metrics);
        if (options.PromptBinding == PromptBinding.Sampled) { return [.. groups.SelectMany(group => group)]; }
        var last = state.Rollouts.Max(rollout => rollout.Round);
        return [.. groups.SelectMany(group => group[0].Round == 0 || group[0].Round == last ? group : group.ConvertAll(rollout => rollout.UnderPlainPrompt()))];
    }

    /// <summary>Whether no response of a group has enough of the accuracy reward.</summary>
    public bool IsDifficult(IReadOnlyList<Rollout> group) => group.All(rollout => !(rollout.Components.GetValueOrDefault(accuracy) >= solvedFrom));

    private bool IsGuided(PlanningState state) => state.Step >= options.ColdStartSteps;

    private string? Solution(PromptItem prompt) => Writer.Solution(prompt) is { Length: > 0 } solution ? solution : null;

    private HintWriter Writer => writer ?? throw new InvalidOperationException("The planner was not checked against the other stages: it is part of a trainer.");

    private void RequireSolutions(PlanningState state)
    {
        if (!IsGuided(state) || state.Prompts.Any(prompt => Solution(prompt) is not null)) { return; }
        throw new UsageException($"None of the prompts of this step has a reference solution to take hints from: {string.Join(", ", state.Prompts.Take(5).Select(prompt => $"'{prompt.Id}'"))}{(state.Prompts.Count > 5 ? ", ..." : "")}. "
            + "Give data with a solution column (--columns solution=COLUMN), or leave ghpo out.");
    }

    /// <summary>C* of q* = q + hint.</summary>
    private RolloutRequest Guided(PromptItem prompt, int group, double share)
    {
        var hint = HintWriter.Beginning(Solution(prompt) ?? "", share);
        hints++;
        if (Writer.Answer(prompt) is { Length: > 0 } answer && hint.IndexOf(answer, StringComparison.Ordinal) is >= 0 and var at)
        {
            leaks++;
            if (options.ForbidAnswerInHint) { hint = hint[..at]; }
        }
        var context = Writer.Write(prompt, hint);
        if (context.Length > room) { shortened++; }
        // The hint gives way, never the question.
        while (context.Length > room && hint.Length > 0)
        {
            hint = hint[..Math.Max(0, hint.Length - Math.Max(1, context.Length - room))];
            context = Writer.Write(prompt, hint);
        }
        return new RolloutRequest(prompt, GroupSize, group) { Context = context, Tag = FormattableString.Invariant($"{Hinted}{share}") };
    }

    /// <summary>Each group as its last round left it, in the prompts' order.</summary>
    private static IEnumerable<List<Rollout>> Latest(PlanningState state) => state.Rollouts.GroupBy(rollout => rollout.Group).OrderBy(group => group.Key)
        .Select(group => group.Where(rollout => rollout.Round == group.Max(other => other.Round)).ToList());

    private void Measure(PlanningState state, List<List<Rollout>> groups, IMetricSink metrics)
    {
        var rounds = state.Rollouts.GroupBy(rollout => rollout.Round).ToDictionary(round => round.Key, round => round.GroupBy(rollout => rollout.Group).Select(group => group.ToList()).ToList());
        var difficult = 0;
        for (var round = 0; round <= options.Stages.Length; round++)
        {
            if (rounds.TryGetValue(round, out var drawn)) { difficult = round == 0 ? drawn.Count(IsDifficult) : difficult - drawn.Count(group => !IsDifficult(group)); }
            metrics.Add($"ghpo/difficult_{round}", (double)difficult / groups.Count);
        }
        metrics.Add("ghpo/rollouts", state.Rollouts.Count);
        metrics.Add("ghpo/hinted", (double)groups.Count(group => group[0].Tag.StartsWith(Hinted, StringComparison.Ordinal)) / groups.Count);
        foreach (var group in groups.Where(group => group[0].Tag.Length > 0).GroupBy(group => group[0].Tag)) { metrics.Add($"ghpo/{group.Key.Replace(' ', '_')}", group.Count()); }
        metrics.Add("ghpo/without_solution", groups.Count(group => Solution(group[0].Prompt) is null));
        metrics.Add("ghpo/hints_shortened", shortened);
        metrics.Add("ghpo/hints_with_answer", hints == 0 ? 0 : (double)leaks / hints);
        // A model that cannot use a hint at all gains nothing from this method.
        metrics.Add("ghpo/never_solved", groups.TrueForAll(IsDifficult) ? 1 : 0);
        Accuracy("plain", rollout => rollout.Tag.Length == 0);
        Accuracy("hinted", rollout => rollout.Tag.Length > 0);

        void Accuracy(string name, Func<Rollout, bool> which)
        {
            var known = state.Rollouts.Where(which).Select(rollout => rollout.Components.GetValueOrDefault(accuracy)).OfType<double>().ToList();
            if (known.Count > 0) { metrics.Add($"ghpo/{name}_accuracy", known.Average()); }
        }
    }
}

/// <summary>Adds guided hybrid policy optimisation to a trainer.</summary>
public static class GuidedHybridPolicyOptimizationExtensions
{
    /// <summary>Prompts that all responses fail are asked again with the beginning of their reference solution.</summary>
    /// <param name="builder">A method with groups.</param>
    /// <param name="options">How; null for the paper's.</param>
    /// <param name="writer">Where hints come from; null for prompts of text items.</param>
    /// <param name="alwaysHinted">Prompts that get the first stage's hint at once; null for none.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public static PostTraining UseGuidance(this PostTraining builder, GuidedHybridPolicyOptimizationOptions? options = null, HintWriter? writer = null, Func<PromptItem, bool>? alwaysHinted = null)
    {
        var chosen = OptionSet.Validated(options ?? new GuidedHybridPolicyOptimizationOptions(), "method ghpo");
        if (chosen.MaskTruncated) { builder.Transform(new TruncatedMask()); }
        return builder.Uses("ghpo").WhenBuilt(late => late.Planner(new GuidedRolloutPlanner(chosen, late.CurrentOptions.GroupSize, writer, alwaysHinted), "ghpo"));
    }
}

/// <summary>Takes the advantage from responses that were cut at the limit.</summary>
internal sealed class TruncatedMask : ICreditTransform
{
    public string Name => "ghpo.maskTruncated";

    public TorchSharp.torch.Tensor Transform(TorchSharp.torch.Tensor advantages, PolicyBatch batch, IMetricSink metrics)
    {
        var ended = TorchSharp.torch.tensor(batch.Rollouts.Select(rollout => rollout.Ended).ToArray()).unsqueeze(1).to(advantages.device);
        metrics.Add("ghpo/masked", batch.Rollouts.Count(rollout => !rollout.Ended));
        return TorchSharp.torch.where(ended, advantages, TorchSharp.torch.zeros_like(advantages));
    }
}
