namespace Bellman.Experiments;

/// <summary>
/// Puts measured results into the source tree: <c>docs/results/SLUG.json</c>, the table in the paper's README from it, and the
/// reproduction's own figures beside that README.
/// </summary>
public static class ResultsPublication
{
    private const string RootMark = "Bellman.slnx";

    /// <summary>The root of the source tree that holds <paramref name="folder"/>; null outside one.</summary>
    public static string? FindSourceTree(string folder)
    {
        for (var place = new DirectoryInfo(folder); place is not null; place = place.Parent)
        {
            if (File.Exists(Path.Combine(place.FullName, RootMark))) { return place.FullName; }
        }
        return null;
    }

    /// <summary>True for what counts as the measurement of a paper: the default size, its own seeds, every cell finished.</summary>
    public static bool IsPublishable(ReproductionOutcome outcome) =>
        outcome.Plan is { Size: ReproductionSize.Default, HasOwnSeeds: true } && outcome.IsComplete;

    /// <summary>
    /// Writes the results of a publishable run, failing claims included, into the source tree.
    /// </summary>
    /// <param name="outcome">What was measured.</param>
    /// <param name="results">The same as a results file.</param>
    /// <param name="sourceTree">The root, from <see cref="FindSourceTree"/>.</param>
    /// <returns>The files written; none when the run is not publishable.</returns>
    /// <exception cref="BellmanException">The paper's README has no markers, or a file cannot be written.</exception>
    public static IReadOnlyList<string> Publish(ReproductionOutcome outcome, ResultsDocument results, string sourceTree)
    {
        if (!IsPublishable(outcome)) { return []; }
        var json = Path.Combine(sourceTree, "docs", "results", results.Slug + ".json");
        WholeFile.Write(json, results.ToJson());
        var readme = ReadmeOf(outcome.Plan.Reproduction, sourceTree);
        if (!File.Exists(readme)) { return [json]; }
        UpdateReadme(readme, json);
        var written = new List<string> { json, readme };
        foreach (var (name, _, figure) in outcome.Plan.Reproduction.Figures(outcome))
        {
            var picture = Path.Combine(Path.GetDirectoryName(readme) ?? "", name + ".png");
            WholeFile.Write(picture, figure.ToPng());
            written.Add(picture);
        }
        return written;
    }

    /// <summary>Generates the table of a README from a committed results file.</summary>
    /// <exception cref="BellmanException">The README has no markers, or the results file is malformed.</exception>
    public static void UpdateReadme(string readme, string resultsFile)
    {
        var before = File.ReadAllText(readme);
        var after = ResultsTables.ReplaceIn(before, ResultsDocument.Read(resultsFile), readme);
        if (after != before) { WholeFile.Write(readme, after); }
    }

    /// <summary>The README in the folder of the reproduction's namespace: Bellman.Papers.Nanorobots is src/Bellman.Papers/Nanorobots.</summary>
    private static string ReadmeOf(Reproduction reproduction, string sourceTree)
    {
        var type = reproduction.GetType();
        var assembly = type.Assembly.GetName().Name ?? "";
        var space = type.Namespace ?? "";
        var inside = space.StartsWith(assembly + ".", StringComparison.Ordinal) ? space[(assembly.Length + 1)..] : "";
        return Path.Combine([sourceTree, "src", assembly, .. inside.Split('.', StringSplitOptions.RemoveEmptyEntries), "README.md"]);
    }
}
