namespace Bellman;

/// <summary>What a random and an expert policy return in an environment: the ends of the scale that offline results are reported on.</summary>
/// <param name="Random">Mean return of the random policy.</param>
/// <param name="Expert">Mean return of the expert, another number.</param>
/// <param name="Source">Where the two are from, for messages.</param>
public sealed record ReferenceReturns(double Random, double Expert, string Source)
{
    // Fu et al. 2020, "D4RL", and the benchmark's reference file.
    private static readonly (string Family, double Random, double Expert)[] Published =
    [
        ("halfcheetah", -280.178953, 12135.0),
        ("walker2d", 1.629008, 4592.3),
        ("hopper", -20.272305, 3234.3),
        ("antmaze", 0, 1),
        ("ant", -325.6, 3879.7),
        ("pen", 96.262799, 3076.8331017826877),
        ("hammer", -274.856578, 12794.134825156867),
        ("relocate", -6.425911, 4233.877797728884),
        ("door", -56.512833, 2880.5693087298737),
        ("kitchen", 0, 4),
    ];

    /// <summary>100 (J - J_random) / (J_expert - J_random): 0 is random play, 100 the expert.</summary>
    public double Score(double meanReturn) => 100 * (meanReturn - Random) / (Expert - Random);

    /// <summary>
    /// What a data set says of itself, else D4RL's for one of its name, unless it says which environment it was recorded in: environments of the same
    /// name have other bodies and rewards. Null where nobody says.
    /// </summary>
    /// <exception cref="UsageException">The file cannot be read.</exception>
    public static ReferenceReturns? OfFile(string path) => DatasetFile.ReadReferences(path) ?? (DatasetFile.ReadEnvironment(path) is null ? OfD4rl(path) : null);

    /// <summary>D4RL's references for a data set of this name (<c>hopper-medium-v2</c>, <c>AdroitHandDoor-v1</c>); null if it has none.</summary>
    public static ReferenceReturns? OfD4rl(string name)
    {
        var plain = Path.GetFileName(name);
        if (plain.StartsWith("AdroitHand", StringComparison.OrdinalIgnoreCase)) { plain = plain["AdroitHand".Length..]; }
        foreach (var (family, random, expert) in Published)
        {
            // "pen" begins other words, such as pendulum.
            if (plain.StartsWith(family, StringComparison.OrdinalIgnoreCase) && (plain.Length == family.Length || !char.IsAsciiLetter(plain[family.Length])))
            {
                return new ReferenceReturns(random, expert, "D4RL");
            }
        }
        return null;
    }
}
