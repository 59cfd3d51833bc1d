using System.Text.Json;

namespace Bellman.Language;

/// <summary>How the groups of one prompt have fared.</summary>
/// <param name="Groups">How often it was tried.</param>
/// <param name="LastMean">Mean reward of the last group.</param>
/// <param name="LastDeviation">Population deviation of the last group's rewards; 0 means that it taught nothing.</param>
/// <param name="MeanReward">Mean over all groups.</param>
/// <param name="LastStep">The step of the last group.</param>
public sealed record PromptRecord(int Groups, double LastMean, double LastDeviation, double MeanReward, long LastStep);

/// <summary>What is known about prompts that were tried: curricula and adaptive sampling choose by it.</summary>
public sealed class GroupHistory : IStateful
{
    // Generated tasks never repeat a prompt: what was seen longest ago is forgotten.
    private const int Capacity = 50_000;

    private readonly Dictionary<string, PromptRecord> records = [];
    private readonly Queue<string> order = new();

    /// <summary>Prompts with a record.</summary>
    public int Count => records.Count;

    /// <summary>The record of a prompt; null if it was never tried.</summary>
    public PromptRecord? Find(string promptId) => records.GetValueOrDefault(promptId);

    /// <summary>Takes in the scored groups of a step.</summary>
    public void Add(long step, IReadOnlyList<Rollout> rollouts)
    {
        foreach (var group in rollouts.Where(rollout => !double.IsNaN(rollout.Reward)).GroupBy(rollout => rollout.Group))
        {
            var rewards = group.Select(rollout => rollout.Reward).ToList();
            var mean = rewards.Average();
            var deviation = Math.Sqrt(rewards.Average(reward => (reward - mean) * (reward - mean)));
            var id = group.First().Prompt.Id;
            var before = records.GetValueOrDefault(id);
            if (before is null)
            {
                order.Enqueue(id);
                if (order.Count > Capacity) { records.Remove(order.Dequeue()); }
            }
            var groups = (before?.Groups ?? 0) + 1;
            records[id] = new PromptRecord(groups, mean, deviation, ((before?.MeanReward ?? 0) * (groups - 1) + mean) / groups, step);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        // Which prompts there are varies, so they travel as one text, in their order.
        string? text = JsonSerializer.Serialize(order.Select(id => KeyValuePair.Create(id, records[id])));
        state.Text(nameof(records), ref text);
        if (!state.IsLoading) { return; }
        records.Clear();
        order.Clear();
        foreach (var (id, record) in JsonSerializer.Deserialize<List<KeyValuePair<string, PromptRecord>>>(text ?? "[]") ?? [])
        {
            records[id] = record;
            order.Enqueue(id);
        }
    }
}
