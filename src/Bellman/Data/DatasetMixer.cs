namespace Bellman;

/// <summary>Mixes a little good data into much bad data, by the rule of the published mixed D4RL sets.</summary>
public static class DatasetMixer
{
    /// <summary>
    /// Whole episodes of the good set, drawn with replacement, until they have more than <paramref name="ratio"/> times N transitions; then whole
    /// episodes of the other set, likewise, until there are N. An episode can repeat, and none is cut, so a few transitions more than N come out.
    /// </summary>
    /// <param name="good">The good data.</param>
    /// <param name="rest">The other data.</param>
    /// <param name="ratio">The share of good transitions, between 0 and 1.</param>
    /// <param name="random">Draws the episodes.</param>
    /// <param name="transitions">N; null for as many as the good set has.</param>
    /// <exception cref="UsageException">The ratio is out of range, or the two sets are of different environments.</exception>
    public static OfflineDataset Mix(OfflineDataset good, OfflineDataset rest, double ratio, RandomStream random, int? transitions = null)
    {
        if (!(ratio > 0 && ratio < 1)) { throw new UsageException($"The share of good transitions cannot be {Text(ratio)}: it lies between 0 and 1, e.g. 0.05. For one kind of data alone no mixing is needed."); }
        var total = transitions ?? good.Count;
        if (total < 1) { throw new UsageException($"A data set cannot have {total} transitions; give 1 or more."); }
        List<int> goodEpisodes = [], restEpisodes = [];
        var count = Draw(good, goodEpisodes, 0, held => held > ratio * total, random.Child("good"));
        Draw(rest, restEpisodes, count, held => held >= total, random.Child("rest"));
        var best = good.Select(goodEpisodes);
        return restEpisodes.Count == 0 ? best : OfflineDataset.Concatenate([best, rest.Select(restEpisodes)]);
    }

    private static int Draw(OfflineDataset from, List<int> episodes, int held, Func<int, bool> enough, RandomStream random)
    {
        while (!enough(held))
        {
            episodes.Add(random.NextInt32(from.Episodes.Count));
            held += from.Episodes[episodes[^1]].Length;
        }
        return held;
    }

    private static string Text(double number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
