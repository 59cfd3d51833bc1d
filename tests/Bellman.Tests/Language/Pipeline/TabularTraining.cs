using Bellman.Language;

namespace Bellman.Tests.Language;

/// <summary>RunSum modulo 3 through the pipeline, exactly measured.</summary>
internal static class TabularTraining
{
    public static RunSum Task { get; } = new(3);

    public static IReward Right { get; } = new FunctionReward("right", rollout => Task.Reward(rollout.Context, rollout.Tokens));

    /// <summary>The right first step pays at its token: the exact checker as a process reward.</summary>
    public static IReward Steps { get; } = new FunctionReward("steps", _ => 0, rollout =>
    {
        var rewards = new double[rollout.Tokens.Length];
        if (Task.Faithful(rollout.Context, rollout.Tokens) > 0) { rewards[1] = 0.5; }
        return rewards;
    });

    public static PostTraining Builder(TabularLanguageModel model, ulong seed = 1) => new PostTraining(model)
        .Prompts(new ListPromptSource(Task.Prompts(), RandomStream.Create(seed, "order")))
        .Reward(Right)
        .Seed(seed)
        .Options(options => options with { PromptsPerStep = 27, GroupSize = 8, LearningRate = 0.05, MaximumGradientNorm = 1e9, MaximumNewTokens = RunSum.MaximumTokens });

    public static double Accuracy(TabularLanguageModel model) => ExactDistribution.Of(model).Expect(Task.Reward);
}
