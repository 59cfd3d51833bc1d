namespace Bellman.Language;

/// <summary>A prompt that responses are drawn for.</summary>
/// <param name="Id">Finds it again, in sample tables and histories.</param>
/// <param name="Tokens">At least one token.</param>
public sealed record PromptItem(string Id, int[] Tokens)
{
    /// <summary>What a person reads; empty where there is no text.</summary>
    public string Text { get; init; } = "";

    /// <summary>What the rewards judge by: a task's item, a reference answer; null when they need nothing.</summary>
    public object? Target { get; init; }

    /// <summary>How a question's text becomes a prompt, for planners that write a hint or examples into it; null where that is not known.</summary>
    public Func<string, int[]>? Encode { get; init; }

    /// <summary>Most new tokens of its responses, where less than the trainer's; null for the trainer's.</summary>
    public int? MaximumNewTokens { get; init; }
}

/// <summary>One response to a prompt, and all that is known about it. Arrays have one entry a response token.</summary>
public sealed class Rollout
{
    private double? taskReward;

    /// <summary>The prompt it answers.</summary>
    public required PromptItem Prompt { get; init; }

    /// <summary>The tokens it was conditioned on: the prompt's, or those with a hint or examples before them.</summary>
    public required int[] Context { get; init; }

    /// <summary>The response, end token included; in several turns also what the environment said in between.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>True for the policy's own tokens, false for an environment's or a tool's.</summary>
    public required bool[] Mask { get; init; }

    /// <summary>log pi of the policy that drew them; empty until the policy scored them where a server did not say.</summary>
    public required float[] LogProbabilities { get; init; }

    /// <summary>Entropy of each token's distribution; empty where not known.</summary>
    public float[] Entropies { get; init; } = [];

    /// <summary>Why it ended.</summary>
    public FinishReason Finish { get; init; } = FinishReason.EndToken;

    /// <summary>Responses of one step with the same number are compared with each other.</summary>
    public int Group { get; init; }

    /// <summary>Its number within the group.</summary>
    public int Sample { get; init; }

    /// <summary>The planner's round in which it was drawn.</summary>
    public int Round { get; init; }

    /// <summary>Free use of the planner: what it planned this rollout for (a hint's level, a role).</summary>
    public string Tag { get; init; } = "";

    /// <summary>Where each turn of the policy begins in <see cref="Tokens"/>.</summary>
    public IReadOnlyList<int> TurnStarts { get; init; } = [0];

    /// <summary>The response as text, special tokens left out.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether it ended by itself.</summary>
    public bool Ended => Finish != FinishReason.Length;

    /// <summary>Each reward by name, before weights; null where it could not be scored.</summary>
    public Dictionary<string, double?> Components { get; } = [];

    /// <summary>The mixed reward; NaN while unscored or where it could not be scored.</summary>
    public double Reward { get; set; } = double.NaN;

    /// <summary>The mixed reward without what augmentations made of it: what tells right responses from wrong ones.</summary>
    public double TaskReward => taskReward ?? Reward;

    internal void KeepTaskReward() => taskReward ??= Reward;

    /// <summary>Rewards of single tokens; null for none.</summary>
    public double[]? TokenRewards { get; set; }

    /// <summary>The policy's own tokens.</summary>
    public int OwnTokens => Mask.Count(own => own);

    /// <summary>
    /// The same response as an answer to the prompt alone, without the hint or the examples it was drawn under. The policy has yet to score it there:
    /// log-probabilities are left out.
    /// </summary>
    public Rollout UnderPlainPrompt()
    {
        var plain = new Rollout
        {
            Prompt = Prompt,
            Context = Prompt.Tokens,
            Tokens = Tokens,
            Mask = Mask,
            LogProbabilities = [],
            Entropies = Entropies,
            Finish = Finish,
            Group = Group,
            Sample = Sample,
            Round = Round,
            Tag = Tag,
            TurnStarts = TurnStarts,
            Text = Text,
            Reward = Reward,
            TokenRewards = TokenRewards,
        };
        plain.taskReward = taskReward;
        foreach (var (name, value) in Components) { plain.Components[name] = value; }
        return plain;
    }
}
