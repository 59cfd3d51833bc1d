using Bellman.Experiments;
using Bellman.Papers.SurveyRlForLlms;
using Xunit;

namespace Bellman.Tests.Papers.SurveyRlForLlms;

[Collection("torch alone")]
public sealed class BakeOffTests
{
    [Theory]
    [InlineData(ReproductionSize.Smoke)]
    [InlineData(ReproductionSize.Default)]
    public void Arms_and_claims_fit_together(ReproductionSize size)
    {
        var plan = new ReproductionPlan(new SurveyRlForLlmsReproduction(), size);
        Assert.True(plan.Cells.Count > 10);
        Assert.All(plan.Claims, claim => Assert.NotEmpty(claim.Terms));
    }

    [Fact]
    public void Untouched_reference_has_the_exact_values()
    {
        var reproduction = new SurveyRlForLlmsReproduction();
        var arm = reproduction.Arms(ReproductionSize.Default).Single(candidate => candidate.Name == "sft-reference");
        var result = reproduction.RunCell(new Cell(arm, 0, ReproductionSize.Default), new CellContext(RandomStream.Create(0), Path.GetTempPath()));
        Assert.Equal(.343592, result.Metrics["accuracy"], 5);
        Assert.Equal(0, result.Metrics["greedy"]);
        Assert.Equal(3.385901, result.Metrics["length"], 5);
        Assert.Equal(0, result.Metrics["kl"], 9);
    }

    [Fact]
    public void Full_size_says_what_is_missing() =>
        Assert.Contains("model folder", Assert.Throws<UsageException>(() => new ReproductionPlan(new SurveyRlForLlmsReproduction(), ReproductionSize.Full)).Message, StringComparison.Ordinal);
}
