using System.Diagnostics;

namespace Bellman.Language;

/// <summary>
/// Draws and scores the rollouts of a step, round by round. A group whose sampling fails is asked for again, alone, with the same
/// random stream: nothing is lost and nothing counted twice.
/// </summary>
internal sealed class RolloutCollector(PostTrainerParts parts, GroupHistory history)
{
    private readonly PostTrainingOptions options = parts.Options;

    /// <summary>The rollouts to be trained on; empty when the planner keeps none.</summary>
    public IReadOnlyList<Rollout> Collect(long step, RandomStream random, IMetricSink metrics, CancellationToken cancellation)
    {
        var prompts = parts.Prompts.Next(options.PromptsPerStep, history);
        var state = new PlanningState
        {
            Step = step,
            Prompts = prompts,
            MorePrompts = count => parts.Prompts.Next(count, history),
            History = history,
            Random = random.Child("planner"),
        };
        var (sampling, scoring, tokens) = (0.0, 0.0, 0L);
        for (; ; state.Round++)
        {
            var requests = parts.Planner.Plan(state);
            if (requests.Count == 0) { break; }
            var clock = Stopwatch.StartNew();
            var rollouts = Draw(requests, state.Round, random, Sampling(options.Temperature), metrics, cancellation);
            sampling += clock.Elapsed.TotalSeconds;
            clock.Restart();
            parts.Mixer.Score(rollouts, Context(step, random.Child("reward", state.Round), metrics, cancellation));
            scoring += clock.Elapsed.TotalSeconds;
            tokens += rollouts.Sum(rollout => (long)rollout.OwnTokens);
            state.Rollouts.AddRange(rollouts);
        }
        metrics.Add("time/sample", sampling);
        metrics.Add("time/reward", scoring);
        if (sampling > 0) { metrics.Add("time/tokens_per_second", tokens / sampling); }
        metrics.Add("rollouts/tokens", tokens);
        history.Add(step, state.Rollouts);
        return parts.Planner.Select(state, metrics);
    }

    /// <summary>The reward of the most likely response to each rollout's prompt: [rows].</summary>
    public double[] GreedyRewards(IReadOnlyList<Rollout> rollouts, long step, RandomStream random, IMetricSink metrics, CancellationToken cancellation)
    {
        var requests = rollouts.GroupBy(rollout => rollout.Group).Select(group => new RolloutRequest(group.First().Prompt, 1, group.Key) { Context = group.First().Context }).ToList();
        var greedy = Draw(requests, 0, random.Child("greedy"), Sampling(0), metrics, cancellation);
        parts.Mixer.Score(greedy, Context(step, random.Child("greedy-reward"), metrics, cancellation));
        var byGroup = greedy.ToDictionary(rollout => rollout.Group, rollout => rollout.Reward);
        return [.. rollouts.Select(rollout => byGroup[rollout.Group])];
    }

    private SamplingOptions Sampling(double temperature) => new()
    {
        MaximumNewTokens = options.MaximumNewTokens,
        Temperature = temperature,
        StopTokens = [.. parts.EndTokens],
    };

    /// <summary>What rewards and augmentations of a step may use.</summary>
    public RewardContext Context(long step, RandomStream random, IMetricSink metrics, CancellationToken cancellation, IObjectiveGradients? gradients = null, double learningRate = 0) => new()
    {
        Sampling = Sampling(options.Temperature),
        Gradients = gradients,
        LearningRate = learningRate,
        Policy = parts.Model,
        Reference = parts.Reference,
        Sampler = parts.Sampler,
        Tokenizer = parts.Tokenizer,
        Random = random,
        Metrics = metrics,
        PassThreshold = options.PassThreshold,
        Step = step,
        Cancellation = cancellation,
    };

    private List<Rollout> Draw(IReadOnlyList<RolloutRequest> requests, int round, RandomStream random, SamplingOptions common, IMetricSink metrics, CancellationToken cancellation)
    {
        var results = new List<Rollout>();
        foreach (var batch in requests.GroupBy(request => request.Sampling ?? Limited(common, request.Prompt)))
        {
            var wanted = batch.ToList();
            var prompts = wanted.ConvertAll(request => new SamplingPrompt(request.Context ?? request.Prompt.Tokens, request.Samples, random.Child($"round{round}", request.Group)));
            var completions = Attempt(prompts, batch.Key, metrics, cancellation);
            for (var i = 0; i < wanted.Count; i++)
            {
                for (var sample = 0; sample < completions[i].Count; sample++) { results.Add(ToRollout(wanted[i], prompts[i].Tokens, completions[i][sample], round, sample)); }
            }
        }
        return results;
    }

    private static SamplingOptions Limited(SamplingOptions common, PromptItem prompt) =>
        prompt.MaximumNewTokens is { } most && most < common.MaximumNewTokens ? common with { MaximumNewTokens = most } : common;

    private IReadOnlyList<IReadOnlyList<Completion>> Attempt(List<SamplingPrompt> prompts, SamplingOptions sampling, IMetricSink metrics, CancellationToken cancellation)
    {
        try
        {
            return parts.Sampler.Sample(prompts, sampling, cancellation);
        }
        catch (BellmanException failure) when (failure is not UsageException && options.SamplingAttempts > 1)
        {
            metrics.Add("sampler/failures", 1);
        }
        // All at once failed: each group alone, so that one bad answer does not cost the others.
        return prompts.ConvertAll(prompt => Alone(prompt, sampling, metrics, cancellation));
    }

    private IReadOnlyList<Completion> Alone(SamplingPrompt prompt, SamplingOptions sampling, IMetricSink metrics, CancellationToken cancellation)
    {
        for (var attempt = 2; ; attempt++)
        {
            try
            {
                return parts.Sampler.Sample([prompt], sampling, cancellation)[0];
            }
            catch (BellmanException failure) when (failure is not UsageException && attempt < options.SamplingAttempts)
            {
                metrics.Add("sampler/failures", 1);
            }
        }
    }

    private Rollout ToRollout(RolloutRequest request, int[] context, Completion completion, int round, int sample) => new()
    {
        Prompt = request.Prompt,
        Context = context,
        Tokens = completion.Tokens,
        Mask = [.. completion.Tokens.Select(_ => true)],
        LogProbabilities = completion.LogProbabilities,
        Entropies = completion.Entropies,
        Finish = completion.Finish,
        Group = request.Group,
        Sample = sample,
        Round = round,
        Tag = request.Tag,
        Text = parts.Tokenizer?.Decode(completion.Tokens) ?? string.Join(' ', completion.Tokens),
    };
}
