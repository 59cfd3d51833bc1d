using System.Text.Json.Nodes;
using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.ReinforcementMidTraining;
using Bellman.Tests.Language;
using Bellman.Tests.Papers.LanguagePapers;
using Xunit;

namespace Bellman.Tests.Papers.ReinforcementMidTraining;

[Collection("torch alone")]
public sealed class ReinforcementMidTrainingReproductionTests
{
    [Theory]
    [InlineData(ReproductionSize.Smoke)]
    [InlineData(ReproductionSize.Default)]
    public void Arms_and_claims_fit_together(ReproductionSize size) => Assert.NotEmpty(new ReproductionPlan(new ReinforcementMidTrainingReproduction(), size).Cells);

    [Fact]
    public void Full_size_starts_on_a_folder_and_real_data_and_says_what_is_missing_otherwise() => FullScale.RunsOn("rmt");

    [Fact]
    public void Restored_training_goes_on_with_its_targets()
    {
        var recorded = new Recorded();
        using var model = SmallBase.Create(RandomStream.Create(1));
        using var trainer = Builder(model).Build();
        for (var i = 0; i < 2; i++) { trainer.Advance(recorded); }
        Assert.True(recorded.Last["rmt/budget"] < 12);
        Assert.True(recorded.Last["loss/term.ntp"] > 0);
        var saved = JsonState.Save(trainer).ToJsonString();
        trainer.Advance(recorded);
        using var other = SmallBase.Create(RandomStream.Create(2));
        using var resumed = Builder(other).Build();
        JsonState.Load(resumed, JsonNode.Parse(saved) as JsonObject ?? []);
        resumed.Advance(recorded);
        Assert.Equal(JsonState.Save(trainer).ToJsonString(), JsonState.Save(resumed).ToJsonString());
    }

    private static PostTraining Builder(Transformer model)
    {
        var options = new ReinforcementMidTrainingOptions { Budget = 12, MinimumBudget = 2, Steps = 6, AnswerReserve = 3 };
        var corpus = HopText.Corpus(20, RandomStream.Create(3));
        var form = HopText.Form(30);
        var source = new NextTokenSource(corpus.Documents, () => corpus, form, options, RandomStream.Create(4));
        return new PostTraining(model).AddReinforcementMidTraining(source, form, options).Tokenizer(SmallBase.Tokenizer).Seed(5)
            .Options(trainer => trainer with { PromptsPerStep = 4, MaximumNewTokens = 40 }).Grpo(groupSize: 4);
    }
}
