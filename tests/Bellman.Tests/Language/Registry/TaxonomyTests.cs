using System.Reflection;
using Bellman.Experiments;
using Bellman.Language;
using Xunit;

namespace Bellman.Tests.Language;

/// <summary>The taxonomy is what the code is: every row's components and tests exist, and the document is the one the program writes.</summary>
public sealed class TaxonomyTests
{
    public static TheoryData<int> Rows => [.. Taxonomy.Rows.Select(row => row.Number)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_has_components_and_tests_that_exist(int number)
    {
        var row = Taxonomy.Rows.Single(candidate => candidate.Number == number);
        Assert.NotEmpty(row.Components);
        Assert.NotEmpty(row.Tests);
        foreach (var key in row.Components)
        {
            if (key.StartsWith("method:", StringComparison.Ordinal)) { PostTrainingMethod.Find(key["method:".Length..]); }
            else { ComponentRegistry.Find(key); }
        }
        foreach (var test in row.Tests)
        {
            var parts = test.Split('.');
            var type = Assembly.GetExecutingAssembly().GetType($"Bellman.Tests.Language.{parts[0]}");
            Assert.True(type is not null, $"there is no test class {parts[0]}");
            var method = type.GetMethod(parts[1]);
            Assert.True(method?.GetCustomAttributes<FactAttribute>().Any() == true || method?.GetCustomAttribute<TheoryAttribute>() is not null, $"there is no test {test}");
        }
    }

    [Fact]
    public void All_seventeen_rows_of_the_survey_are_there() => Assert.Equal(Enumerable.Range(1, 17), Taxonomy.Rows.Select(row => row.Number));

    [Fact]
    public void Keys_are_unique_and_every_option_is_described()
    {
        Assert.Equal(ComponentRegistry.All.Count, ComponentRegistry.All.Select(entry => entry.Key).Distinct().Count());
        foreach (var entry in ComponentRegistry.All)
        {
            Assert.NotEqual("", entry.Summary);
            foreach (var option in entry.Options?.Options ?? []) { Assert.True(option.Description.Length > 0, $"{entry.Key}.{option.Name}"); }
        }
    }

    [Fact]
    public void Document_is_the_one_the_program_writes()
    {
        var tree = ResultsPublication.FindSourceTree(AppContext.BaseDirectory);
        if (tree is null) { Assert.Skip("The source tree is not beside the tests."); }
        var path = Path.Combine(tree, "docs", "taxonomy-rl-for-llms.md");
        Assert.True(File.Exists(path) && File.ReadAllText(path) == Taxonomy.ToMarkdown(), "docs/taxonomy-rl-for-llms.md is out of date: run bellman techniques --taxonomy docs/taxonomy-rl-for-llms.md");
    }
}
