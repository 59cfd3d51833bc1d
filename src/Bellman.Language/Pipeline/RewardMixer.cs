namespace Bellman.Language;

/// <summary>Asks every reward, keeps each by name, and sums them by weight: R = sum_k w_k R_k; not scored where any is not.</summary>
internal sealed class RewardMixer(IReadOnlyList<(IReward Reward, double Weight)> rewards, RewardGuardOptions guard, OverlongShaping? overlong)
{
    public IReadOnlyList<IReward> Rewards { get; } = [.. rewards.Select(entry => entry.Reward)];

    /// <exception cref="BellmanException">A reward failed, or gave NaN, an infinity or another number of scores.</exception>
    public void Score(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        if (rollouts.Count == 0) { return; }
        var totals = new double[rollouts.Count];
        foreach (var (reward, weight) in rewards)
        {
            var scores = Ask(reward, rollouts, context);
            for (var i = 0; i < rollouts.Count; i++)
            {
                var score = scores.Responses[i];
                rollouts[i].Components[reward.Name] = score;
                if (weight != 0) { totals[i] += weight * (score ?? double.NaN); }
                if (scores.Tokens?[i] is { } tokens) { AddTokens(rollouts[i], tokens, weight); }
            }
        }
        if (overlong is not null) { for (var i = 0; i < totals.Length; i++) { totals[i] += overlong.Reward(rollouts[i].OwnTokens); } }
        var guarded = RewardGuards.Apply(totals, [.. rollouts.Select(rollout => rollout.OwnTokens)], [.. rollouts.Select(rollout => rollout.Ended)], guard);
        for (var i = 0; i < rollouts.Count; i++) { rollouts[i].Reward = guarded[i]; }
    }

    private static RewardScores Ask(IReward reward, IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        RewardScores scores;
        try
        {
            scores = reward.Score(rollouts, context);
        }
        catch (Exception failure) when (failure is not (BellmanException or OperationCanceledException))
        {
            throw new BellmanException(
                $"Reward '{reward.Name}' failed on {rollouts.Count} responses, the first to prompt '{rollouts[0].Prompt.Id}': {failure.GetType().Name}: {failure.Message} "
                + "Nothing was learned from this step. Correct the reward, or let it return null for what it cannot score, and resume the run.", failure);
        }
        if (scores.Responses.Count != rollouts.Count)
        {
            throw new BellmanException($"Reward '{reward.Name}' gave {scores.Responses.Count} scores for {rollouts.Count} responses. It must give one for each, null where it cannot.");
        }
        for (var i = 0; i < rollouts.Count; i++)
        {
            if (scores.Responses[i] is { } score && !double.IsFinite(score)) { throw NotFinite(reward, rollouts[i], score); }
            if (scores.Tokens?[i] is { } tokens)
            {
                if (tokens.Length != rollouts[i].Tokens.Length) { throw new BellmanException($"Reward '{reward.Name}' gave {tokens.Length} token rewards for a response of {rollouts[i].Tokens.Length} tokens."); }
                if (tokens.Any(token => !double.IsFinite(token))) { throw NotFinite(reward, rollouts[i], double.NaN); }
            }
        }
        return scores;
    }

    private static void AddTokens(Rollout rollout, double[] tokens, double weight)
    {
        var sums = rollout.TokenRewards ??= new double[tokens.Length];
        for (var t = 0; t < tokens.Length; t++) { sums[t] += weight * tokens[t]; }
    }

    private static BellmanException NotFinite(IReward reward, Rollout rollout, double score) => new(
        $"Reward '{reward.Name}' is {score} for a response to prompt '{rollout.Prompt.Id}' (\"{Shorten(rollout.Text)}\"). "
        + "Nothing was learned from this step. A reward is a finite number, or null where a response cannot be scored; correct it and resume the run.");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
