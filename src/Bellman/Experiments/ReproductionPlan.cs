using System.Text.RegularExpressions;

namespace Bellman.Experiments;

/// <summary>A reproduction at one size, checked: its arms, cells and claims, which all name what exists.</summary>
public sealed partial class ReproductionPlan
{
    private readonly Dictionary<string, List<ulong>> seeds;

    /// <summary>Lists the cells of <paramref name="reproduction"/> and checks that names are well formed, unique and known.</summary>
    /// <param name="reproduction">The paper's reproduction.</param>
    /// <param name="size">How much of it.</param>
    /// <param name="seedCount">Seeds an arm, instead of its own number: the first ones, continued upwards when it asks for more.</param>
    /// <exception cref="UsageException">The seed count is not positive, or the full size cannot run yet.</exception>
    /// <exception cref="BellmanException">The reproduction names something that does not exist.</exception>
    public ReproductionPlan(Reproduction reproduction, ReproductionSize size, int? seedCount = null)
    {
        if (seedCount is < 1) { throw new UsageException($"The number of seeds is {seedCount}; it must be 1 or more. Leave it out for the reproduction's own seeds."); }
        if (size == ReproductionSize.Full && reproduction.MissingForFull() is { } missing)
        {
            throw new UsageException($"The full size of {reproduction.Slug} cannot run yet. {missing} Leave out --full for the laptop-scale reproduction, which needs nothing.");
        }
        Reproduction = reproduction;
        Size = size;
        HasOwnSeeds = seedCount is null;
        Arms = reproduction.Arms(size);
        Metrics = reproduction.Metrics;
        Claims = reproduction.Claims(size);
        CheckNames();
        seeds = Arms.ToDictionary(arm => arm.Name, arm => Adjusted(arm.Seeds ?? reproduction.Seeds(size), seedCount));
        CheckClaims();
        Cells = InSeedOrder();
    }

    /// <summary>What is reproduced.</summary>
    public Reproduction Reproduction { get; }

    /// <summary>How much of it.</summary>
    public ReproductionSize Size { get; }

    /// <summary>False when the user asked for another number of seeds: such results are not published.</summary>
    public bool HasOwnSeeds { get; }

    /// <summary>The arms.</summary>
    public IReadOnlyList<Arm> Arms { get; }

    /// <summary>What each cell measures.</summary>
    public IReadOnlyList<MetricDefinition> Metrics { get; }

    /// <summary>The metric that leads the report.</summary>
    public MetricDefinition PrimaryMetric => Metrics.FirstOrDefault(metric => metric.Primary) ?? Metrics[0];

    /// <summary>What is decided.</summary>
    public IReadOnlyList<Claim> Claims { get; }

    /// <summary>Every cell: all arms of the first seed, then of the second, so that early results compare.</summary>
    public IReadOnlyList<Cell> Cells { get; }

    /// <summary>The seeds of an arm.</summary>
    public IReadOnlyList<ulong> SeedsOf(Arm arm) => seeds[arm.Name];

    /// <summary>The seeds that all arms of a claim have, in the first one's order: what the claim is decided by, paired.</summary>
    public IReadOnlyList<ulong> SharedSeeds(Claim claim) =>
        [.. seeds[claim.Terms[0].Arm].Where(seed => claim.Terms.All(term => seeds[term.Arm].Contains(seed)))];

    private static List<ulong> Adjusted(IReadOnlyList<ulong> own, int? count)
    {
        var wanted = own.Take(count ?? own.Count).ToList();
        var next = own.Count > 0 ? own.Max() + 1 : 0;
        while (wanted.Count < count) { wanted.Add(next++); }
        return wanted;
    }

    private List<Cell> InSeedOrder()
    {
        var rounds = seeds.Values.Max(list => list.Count);
        return Enumerable.Range(0, rounds)
            .SelectMany(round => Arms.Where(arm => round < SeedsOf(arm).Count).Select(arm => new Cell(arm, SeedsOf(arm)[round], Size)))
            .ToList();
    }

    private void CheckNames()
    {
        if (!FileName().IsMatch(Reproduction.Slug)) { throw Malformed("slug", Reproduction.Slug); }
        if (Arms.Count == 0) { throw Broken("has no arms"); }
        if (Metrics.Count == 0) { throw Broken("has no metrics"); }
        foreach (var arm in Arms) { if (!FileName().IsMatch(arm.Name)) { throw Malformed("arm", arm.Name); } }
        Unique("arm", Arms.Select(arm => arm.Name));
        Unique("metric", Metrics.Select(metric => metric.Name));
        Unique("claim", Claims.Select(claim => claim.Name));
    }

    private void CheckClaims()
    {
        foreach (var arm in Arms)
        {
            if (SeedsOf(arm).Count == 0) { throw Broken($"has no seeds for arm '{arm.Name}'"); }
            Unique($"seed of arm '{arm.Name}'", SeedsOf(arm).Select(seed => seed.ToString()));
        }
        foreach (var claim in Claims)
        {
            foreach (var term in claim.Terms)
            {
                Known(claim, "arm", term.Arm, Arms.Select(arm => arm.Name));
                Known(claim, "metric", term.Metric, Metrics.Select(metric => metric.Name));
            }
            if (SharedSeeds(claim).Count == 0)
            {
                throw Broken($"compares arms without a common seed in claim '{claim.Name}'; comparisons are paired by seed, so give these arms some of the same");
            }
        }
    }

    private void Known(Claim claim, string kind, string name, IEnumerable<string> known)
    {
        var names = known.ToList();
        if (!names.Contains(name)) { throw Broken($"names the {kind} '{name}' in claim '{claim.Name}', which does not exist; the {kind}s are {string.Join(", ", names)}"); }
    }

    private void Unique(string kind, IEnumerable<string> names)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice) { throw Broken($"has the {kind} '{twice.Key}' twice"); }
    }

    private BellmanException Malformed(string kind, string name) =>
        Broken($"has the {kind} '{name}'; use lower-case letters, digits and hyphens, because it names files");

    private BellmanException Broken(string what) => new($"The reproduction '{Reproduction.Slug}' {what}.");

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex FileName();
}
