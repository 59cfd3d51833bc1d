using Bellman.Language;
using Xunit;

namespace Bellman.Tests.Language;

/// <summary>
/// Every method of the catalogue learns RunSum through the one pipeline: from an accuracy of .40, where the most likely answer is
/// always wrong, to the bound within 20 steps. With the advantages' sign flipped, or with advantages of 0, none leaves .42.
/// </summary>
[Collection("torch alone")]
public sealed class EveryMethodTests
{
    public static TheoryData<string> Methods => [.. PostTrainingMethod.All.Select(method => method.Key)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Method_finds_the_minoritys_behaviour(string key)
    {
        using var model = TabularTraining.Task.Reference();
        // Among many responses several are right, and the best then beats no other: pass@k learns from small groups.
        var settings = new Dictionary<string, string>();
        if (key == "archer") { (settings["adv.learningRate"], settings["adv.batchSize"]) = ("0.1", "432"); }
        var builder = TabularTraining.Builder(model).Options(options => options with { GroupSize = key == "passk" ? 3 : 16 }).Method(key, settings);
        using var critic = new TabularCritic(model);
        if (key is "ppo" or "a2c" or "vapo") { builder.Critic(critic); }
        if (key is "prm" or "cotro" or "prime") { builder.Reward(TabularTraining.Steps); }
        using var trainer = builder.Build();
        var metrics = new Recorded();
        for (var i = 0; i < 20; i++) { trainer.Advance(metrics); }
        var accuracy = TabularTraining.Accuracy(model);
        var bound = key switch { "cotro" or "obrl" or "passk" => 0.5, "trpo" => 0.45, _ => 0.6 };
        Assert.True(accuracy > bound, $"{key}: {accuracy}; {string.Join(", ", metrics.Last.Select(pair => $"{pair.Key} {pair.Value:0.###}"))}");
    }
}
