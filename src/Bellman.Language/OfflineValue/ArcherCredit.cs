using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// ArCHer (Zhou et al. 2024) in the pipeline: twin critics over turns learn off-policy from a replay of earlier steps' rollouts, and every token
/// of a turn gets the turn's advantage min Q(s, u) - V(s). Q(s, u) goes to r + gamma (1 - done) V(s'); V(s) to the target Q of the turns that
/// the policy has just drawn there.
/// </summary>
public sealed record ArcherCredit : ICreditAssigner, IStageCheck, IStateful, IDisposable
{
    private readonly Learner learner = new();

    /// <inheritdoc/>
    public string Name => "value.archer";

    /// <summary>gamma.</summary>
    [Description("Discount a turn; 0.9 to 0.98.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.95;

    /// <summary>How fast targets follow.</summary>
    [Description("How fast the target critics follow, an update.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TargetRate { get; init; } = 0.1;

    /// <summary>The critics' step size.</summary>
    [Description("The critics' step size: 1e-5 to 1e-3, 0.1 for a table.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Updates of the critics a step.</summary>
    [Description("Updates of the critics at every step.")]
    [Range(1, 100_000)]
    public int Updates { get; init; } = 10;

    /// <summary>Responses of an update.</summary>
    [Description("Responses of an update of the critics.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Responses that are kept.</summary>
    [Description("Responses that are kept to learn from.")]
    [Range(1, 10_000_000)]
    public int Capacity { get; init; } = 4096;

    /// <summary>Steps before the actor moves.</summary>
    [Description("Steps in which the critics alone learn.")]
    [Range(0L, 1_000_000_000L)]
    public long WarmUp { get; init; } = 2;

    /// <inheritdoc/>
    public void Check(PostTrainingStages stages) => learner.Begin(stages.Model);

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(0, batch.Rows).Where(row => !double.IsNaN(batch.Rewards[row]) && batch.Rollouts[row].OwnTokens > 0).ToArray();
        var advantages = new double[batch.Rows * batch.Tokens];
        if (rows.Length == 0) { return new Credit(advantages); }
        var fresh = Array.ConvertAll(rows, row => Logged(batch, row));
        learner.Learn(this, fresh, metrics);
        if (learner.Steps <= WarmUp) { return new Credit(advantages); }
        var turns = learner.Advantages(fresh);
        for (var i = 0; i < rows.Length; i++)
        {
            var start = rows[i] * batch.Tokens + batch.Rollouts[rows[i]].Context.Length;
            var begin = 0;
            foreach (var (end, turn) in fresh[i].Ends.Select((end, turn) => (end, turn)))
            {
                for (var t = begin; t <= end; t++) { if (batch.Mask[start + t]) { advantages[start + t] = turns[i][turn]; } }
                begin = end + 1;
            }
        }
        return new Credit(advantages);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => learner.Exchange(state);

    /// <inheritdoc/>
    public void Dispose() => learner.Dispose();

    private static LoggedResponse Logged(CreditBatch batch, int row)
    {
        var rollout = batch.Rollouts[row];
        // What was said after the policy's last word is no turn of its own.
        var length = Array.LastIndexOf(rollout.Mask, true) + 1;
        var starts = rollout.TurnStarts.Where(start => start > 0 && start < length).ToList();
        return new LoggedResponse(rollout.Context, rollout.Tokens[..length], batch.Rewards[row])
        {
            Mask = rollout.Mask[..length],
            TokenRewards = batch.TokenRewards is { } rewards ? rewards.AsSpan(row * batch.Tokens + rollout.Context.Length, length).ToArray() : null,
            StepEnds = [.. starts.Select(start => start - 1), length - 1],
        };
    }

    /// <summary>The critics, what they learn from, and their optimiser.</summary>
    private sealed class Learner : IStateful, IDisposable
    {
        private readonly List<LoggedResponse> replay = [];
        private ILanguageModel? model;
        private IActionCritic? critic;
        private TensorAdam? optimizer;
        private long steps;

        public long Steps => steps;

        public void Begin(ILanguageModel policy) => model = policy;

        public void Learn(ArcherCredit options, LoggedResponse[] fresh, IMetricSink metrics)
        {
            var (values, adam) = Parts();
            replay.AddRange(fresh);
            if (replay.Count > options.Capacity) { replay.RemoveRange(0, replay.Count - options.Capacity); }
            var random = RandomStream.Create((ulong)steps, "archer");
            for (var update = 0; update < options.Updates; update++)
            {
                using var scope = NewDisposeScope();
                using var with = enable_grad();
                LoggedResponse[] Draw(IReadOnlyList<LoggedResponse> from) => [.. Enumerable.Range(0, options.BatchSize).Select(_ => from[random.NextInt32(from.Count)])];
                var q = QLoss(values, Draw(replay), options.Gamma);
                var v = ValueLoss(values, Draw(fresh));
                adam.ZeroGradients();
                (q + v).backward();
                adam.Step(options.LearningRate, 1e9);
                values.Follow(options.TargetRate);
                if (update < options.Updates - 1) { continue; }
                metrics.Add("loss/q", q.ToDouble());
                metrics.Add("loss/turn_value", v.ToDouble());
            }
            steps++;
        }

        /// <summary>min Q - V of each turn of each response.</summary>
        public IReadOnlyList<double[]> Advantages(LoggedResponse[] responses)
        {
            using var scope = NewDisposeScope();
            using var without = no_grad();
            var (values, _) = Parts();
            var (batch, found) = Values(values, responses);
            var turns = StepPositions.Of(batch, responses);
            var advantages = (minimum(turns.Taken(found.First), turns.Taken(found.Second)) - turns.Before(found.Values)).ToDoubles();
            var next = 0;
            return [.. responses.Select(response => response.Ends.Select(_ => advantages[next++]).ToArray())];
        }

        public void Exchange(StateExchange state)
        {
            var (values, adam) = Parts();
            state.Value(nameof(steps), ref steps);
            state.Part("critic", values);
            state.Part("optimizer", adam);
            // How many there are varies, so they travel as one text.
            string? text = JsonSerializer.Serialize(replay);
            state.Text(nameof(replay), ref text);
            if (!state.IsLoading) { return; }
            replay.Clear();
            replay.AddRange(JsonSerializer.Deserialize<List<LoggedResponse>>(text ?? "[]") ?? []);
        }

        public void Dispose()
        {
            optimizer?.Dispose();
            critic?.Dispose();
        }

        private static Tensor QLoss(IActionCritic critic, LoggedResponse[] responses, double gamma)
        {
            var (batch, values) = Values(critic, responses);
            var turns = StepPositions.Of(batch, responses);
            var next = ActionPositions.Following(turns.Before(values.Values));
            Tensor Twin(Tensor table) => TurnLevelCritic.QLoss(turns.Taken(table), turns.Rewards.to(table.device), next, turns.Done.to(table.device), gamma);
            return Twin(values.First) + Twin(values.Second);
        }

        private static Tensor ValueLoss(IActionCritic critic, LoggedResponse[] responses)
        {
            var (batch, values) = Values(critic, responses);
            var turns = StepPositions.Of(batch, responses);
            return TurnLevelCritic.ValueLoss(turns.Before(values.Values), turns.Taken(values.Target));
        }

        private static (TokenBatch Batch, ActionValues Values) Values(IActionCritic critic, LoggedResponse[] responses)
        {
            var batch = TokenExample.Batch([.. responses.Select(response => response.Example)]);
            return (batch, critic.Values(batch));
        }

        private (IActionCritic Critic, TensorAdam Optimizer) Parts()
        {
            critic ??= Critics.ActionsFor(model ?? throw new UsageException("value.archer reads the policy when the trainer is built. Use it in PostTraining."), RandomStream.Create(0, "archer-critic"), apart: true);
            return (critic, optimizer ??= new TensorAdam(critic.Trainable));
        }
    }
}
