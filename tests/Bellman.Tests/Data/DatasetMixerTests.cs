using Xunit;

namespace Bellman.Tests.Data;

public sealed class DatasetMixerTests
{
    [Fact]
    public void Whole_good_episodes_exceed_the_ratio_by_less_than_one_and_the_rest_fills_up()
    {
        var (good, rest) = (Episodes(1, 7, 5, 9, 3), Episodes(2, 4, 6, 2, 8, 1));
        for (var seed = 0UL; seed < 50; seed++)
        {
            var mixed = DatasetMixer.Mix(good, rest, 0.4, RandomStream.Create(seed), 60);
            // A reward names the episode that it is of.
            Assert.All(mixed.Episodes, episode => Assert.Single(mixed.Rewards[episode.Start..(episode.Start + episode.Length)].Distinct()));
            var from = mixed.Episodes.Select(episode => (episode.Length, Good: mixed.Rewards[episode.Start] < 200)).ToList();
            var count = from.Where(episode => episode.Good).Sum(episode => episode.Length);
            Assert.True(count > 24 && count - from.Last(episode => episode.Good).Length <= 24, $"{count} good transitions");
            Assert.True(mixed.Count >= 60 && mixed.Count - from[^1].Length < 60, $"{mixed.Count} transitions");
            Assert.True(from.SkipWhile(episode => episode.Good).All(episode => !episode.Good));
        }
    }

    [Fact]
    public void An_episode_can_repeat_and_keeps_its_return_and_its_end()
    {
        var mixed = DatasetMixer.Mix(Episodes(1, 3), Episodes(2, 2), 0.5, RandomStream.Create(1), 12);
        Assert.Equal([3, 3, 3, 2, 2], mixed.Episodes.Select(episode => episode.Length));
        Assert.Equal(303, mixed.Episodes[2].Return);
        Assert.True(mixed.Episodes[2].Terminated && mixed.Terminated[8] && !mixed.Terminated[7]);
        Assert.Equal(mixed.Observations[..6], mixed.Observations[6..12]);
        // One good episode is already all that is wanted.
        Assert.Equal(3, DatasetMixer.Mix(Episodes(1, 3), Episodes(2, 2), 0.01, RandomStream.Create(1)).Count);
    }

    [Theory]
    [InlineData(0, 10, "between 0 and 1")]
    [InlineData(1, 10, "between 0 and 1")]
    [InlineData(double.NaN, 10, "between 0 and 1")]
    [InlineData(0.5, 0, "cannot have 0 transitions")]
    public void Wrong_ratio_is_refused(double ratio, int transitions, string message) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => DatasetMixer.Mix(Episodes(1, 2), Episodes(2, 2), ratio, RandomStream.Create(1), transitions)).Message, StringComparison.Ordinal);

    [Fact]
    public void Data_of_two_environments_is_not_mixed()
    {
        var other = new OfflineDataset("other", 3, 1, new float[3], new float[3], new float[1], new float[1], new bool[1], [new DatasetEpisode(0, 1, 0, false)]);
        Assert.Contains("Put data of one environment together", Assert.Throws<UsageException>(() => DatasetMixer.Mix(Episodes(1, 2), other, 0.5, RandomStream.Create(1), 40)).Message, StringComparison.Ordinal);
    }

    /// <summary>Episodes of these lengths, terminated; the rewards of the i-th are 100 kind + i + 1.</summary>
    private static OfflineDataset Episodes(int kind, params int[] lengths)
    {
        var count = lengths.Sum();
        List<float> rewards = [];
        List<DatasetEpisode> episodes = [];
        var terminated = new bool[count];
        for (var i = 0; i < lengths.Length; i++)
        {
            var reward = 100 * kind + i + 1;
            episodes.Add(new DatasetEpisode(rewards.Count, lengths[i], reward * lengths[i], true));
            rewards.AddRange(Enumerable.Repeat((float)reward, lengths[i]));
            terminated[rewards.Count - 1] = true;
        }
        float[] observations = [.. Enumerable.Range(0, 2 * count).Select(i => 1000f * kind + i)];
        return new OfflineDataset($"kind {kind}", 2, 1, observations, observations, new float[count], [.. rewards], terminated, episodes);
    }
}
