using Bellman.Experiments;
using Bellman.Papers.RepresentationExploration;
using Bellman.Tests.Papers.LanguagePapers;
using Xunit;

namespace Bellman.Tests.Papers.RepresentationExploration;

[Collection("torch alone")]
public sealed class RepresentationExplorationReproductionTests
{
    [Theory]
    [InlineData(ReproductionSize.Smoke)]
    [InlineData(ReproductionSize.Default)]
    public void Arms_and_claims_fit_together(ReproductionSize size) => Assert.NotEmpty(new ReproductionPlan(new RepresentationExplorationReproduction(), size).Cells);

    [Fact]
    public void Full_size_starts_on_a_folder_and_real_data_and_says_what_is_missing_otherwise() => FullScale.RunsOn("repexp");
}
