using Bellman.Experiments;
using Bellman.Papers;
using Xunit;

namespace Bellman.Tests.Papers.OfflineAlgorithms;

public sealed class OfflineAlgorithmsTests
{
    [Fact]
    public void Every_size_is_well_formed_and_compares_on_one_task()
    {
        var reproduction = PaperCatalog.Find("offline").CreateReproduction();
        foreach (var size in Enum.GetValues<ReproductionSize>())
        {
            var arms = reproduction.Arms(size).ToDictionary(arm => arm.Name);
            foreach (var claim in reproduction.Claims(size)) { Assert.Single(claim.Terms.Select(term => arms[term.Arm].Task).Distinct()); }
        }
    }
}
