using Bellman.Algorithms;
using Bellman.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms.Offline;

public sealed class DatasetGeneratorTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    private static readonly DatasetGeneratorOptions Short = new() { Steps = 16_384, Evaluations = 16, EvaluationEpisodes = 10 };

    [Fact]
    public void Medium_lies_between_random_and_expert_and_repeats_from_its_seed()
    {
        var generator = new DatasetGenerator(Environments, "CartPole-v1", 1, Short, TestContext.Current.CancellationToken);
        var (random, medium, expert) = (Of(DataQuality.Random), Of(DataQuality.Medium), Of(DataQuality.Expert));
        Assert.True(random.MeanReturn * 2 < medium.MeanReturn && medium.MeanReturn * 1.3 < expert.MeanReturn, $"{random.MeanReturn}, {medium.MeanReturn}, {expert.MeanReturn}");
        var references = generator.References();
        Assert.InRange(references.Score(medium.MeanReturn), 10, 80);
        var mixed = generator.Record(DataQuality.Mixed, 901, RandomStream.Create(2));
        Assert.Equal(901, mixed.Count);
        Assert.Equal("random + medium + expert", mixed.Source);
        var again = new DatasetGenerator(Environments, "CartPole-v1", 1, Short, TestContext.Current.CancellationToken).Record(DataQuality.Medium, 1_000, RandomStream.Create(5));
        Assert.Equal(medium.Actions, again.Actions);

        OfflineDataset Of(DataQuality quality) => generator.Record(quality, 1_000, RandomStream.Create(5));
    }

    [Fact]
    public void An_environments_own_expert_needs_no_training()
    {
        var generator = new DatasetGenerator(Environments, "CartBalance-v0", 1);
        Assert.False(generator.Trains(DataQuality.Expert) || generator.Trains(DataQuality.Random));
        Assert.True(generator.Trains(DataQuality.Medium));
        Assert.Equal(200, generator.Record(DataQuality.Expert, 600, RandomStream.Create(1)).MeanReturn);
        Assert.Equal(200, generator.References().Expert);
    }

    [Fact]
    public void Recorded_episodes_are_whole_but_the_last_and_short_ones_are_not_preferred()
    {
        var chance = new RandomPolicy(Environments.Make("CartPole-v1").ActionSpace, RandomStream.Create(1));
        var data = DatasetRecorder.Record(() => Environments.Make("CartPole-v1"), chance, 20_000, RandomStream.Create(2), "random", TestContext.Current.CancellationToken);
        Assert.Equal(20_000, data.Count);
        Assert.All(data.Episodes.SkipLast(1), episode => Assert.True(episode.Terminated));
        // Episodes of a random policy last 22.2 steps on average (Gymnasium's task, 100,000 episodes).
        Assert.InRange(data.MeanReturn, 21.2, 23.4);
        var fixedLength = DatasetRecorder.Record(() => Environments.Make("DriftPoint-v0"), new RandomPolicy(Environments.Make("DriftPoint-v0").ActionSpace, RandomStream.Create(1)), 410, RandomStream.Create(3), "drift", TestContext.Current.CancellationToken);
        Assert.Equal([.. Enumerable.Repeat(20, 20), 10], fixedLength.Episodes.Select(episode => episode.Length));
    }
}
