using Bellman.Language.Tasks;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>What rewards may use besides the rollouts.</summary>
public sealed class RewardContext
{
    /// <summary>The policy, e.g. to score text under it.</summary>
    public required ILanguageModel Policy { get; init; }

    /// <summary>The frozen reference; null without one.</summary>
    public ILanguageModel? Reference { get; init; }

    /// <summary>Where responses are drawn, e.g. to finish a partial one.</summary>
    public required ISampler Sampler { get; init; }

    /// <summary>The tokenizer; null where tokens stand for themselves.</summary>
    public ITokenizer? Tokenizer { get; init; }

    /// <summary>For a reward's own draws.</summary>
    public required RandomStream Random { get; init; }

    /// <summary>Takes what is measured.</summary>
    public required IMetricSink Metrics { get; init; }

    /// <summary>The reward from which a response counts as passed.</summary>
    public double PassThreshold { get; init; } = 1;

    /// <summary>The step of training.</summary>
    public long Step { get; init; }

    /// <summary>How the policy's own responses are drawn.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>The learning rate of the step's update.</summary>
    public double LearningRate { get; init; }

    /// <summary>Gradients of single objectives; given to augmentations, null while rewards are scored.</summary>
    public IObjectiveGradients? Gradients { get; init; }

    /// <summary>Stops it.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>L of each example's response under a model, in nats.</summary>
    public static double[] LogProbabilities(ILanguageModel model, IReadOnlyList<TokenExample> examples)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        return model.Score(TokenExample.Batch(examples)).LogProbabilities.sum(1).ToDoubles();
    }
}

/// <summary>What a reward gives.</summary>
/// <param name="Responses">One a rollout; null where it could not be scored: such responses get no credit. NaN is an error.</param>
/// <param name="Tokens">Rewards of single tokens, one array a rollout (null for none), one entry a response token; null for none at all.</param>
public sealed record RewardScores(IReadOnlyList<double?> Responses, IReadOnlyList<double[]?>? Tokens = null);

/// <summary>Scores rollouts, groups or turns; one named component of the mixed reward.</summary>
public interface IReward
{
    /// <summary>The component's name, in metrics and sample tables.</summary>
    string Name { get; }

    /// <summary>Scores a round's rollouts; whole groups are among them.</summary>
    RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context);
}

/// <summary>A reward that is a function of one rollout.</summary>
/// <param name="name">The component's name.</param>
/// <param name="score">Null where a rollout cannot be scored.</param>
/// <param name="tokens">Rewards of single tokens, or null.</param>
public sealed class FunctionReward(string name, Func<Rollout, double?> score, Func<Rollout, double[]?>? tokens = null) : IReward
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context) =>
        new([.. rollouts.Select(score)], tokens is null ? null : [.. rollouts.Select(tokens)]);
}

/// <summary>A task's own checker: the answer, and a little for its form.</summary>
public sealed class TaskReward(double formatWeight = 0.1) : IReward
{
    /// <inheritdoc/>
    public string Name => "answer";

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context) => new([.. rollouts.Select(Score)]);

    private double? Score(Rollout rollout)
    {
        if (rollout.Prompt.Target is not TextItem item) { return null; }
        // What was cut is not an answer, however it reads so far.
        if (!rollout.Ended) { return 0; }
        var score = item.Check(rollout.Text);
        return (score.Answer + formatWeight * score.Format) / (1 + formatWeight);
    }
}
