using Bellman.Experiments;
using Xunit;

namespace Bellman.Tests.Papers;

/// <summary>What reproductions owe whose full size runs in an environment that the user names.</summary>
internal static class EnvironmentOfChoice
{
    /// <summary>Every size has a plan; the full one asks for an environment and refuses settings that it does not have.</summary>
    public static void IsAskedFor(Reproduction reproduction, string environment)
    {
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Smoke).Cells);
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Default).Cells);
        Assert.Contains("--set environment=", Assert.Throws<UsageException>(() => new ReproductionPlan(reproduction, ReproductionSize.Full)).Message, StringComparison.Ordinal);
        reproduction.Inputs = new FullScaleInputs { Settings = new Dictionary<string, string> { ["environment"] = environment } };
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Full).Cells);
        reproduction.Inputs = new FullScaleInputs { Settings = new Dictionary<string, string> { ["steps"] = "5" } };
        Assert.Contains("'steps' is no setting", Assert.Throws<UsageException>(() => new ReproductionPlan(reproduction, ReproductionSize.Full)).Message, StringComparison.Ordinal);
    }
}
